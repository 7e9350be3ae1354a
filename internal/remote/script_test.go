package remote_test

import (
	"os/exec"
	"strings"
	"testing"

	"hello-kubernetes/internal/remote"
	"hello-kubernetes/tests/scripttest"
)

func TestRender(t *testing.T) {
	t.Parallel()
	script := remote.Template("x.sh", `echo {{q .Text}} {{json .List}}`)
	got, err := remote.Render(script, struct {
		Text string
		List []string
	}{"it's", []string{"a", `"b"`}})
	if want := `echo 'it'\''s' ["a","\"b\""]`; err != nil || got != want {
		t.Errorf("rendered %q, %v, want %q", got, err, want)
	}
}

// A parameter that is forgotten must not become "<no value>" on a host.
func TestRenderRefusesMissingParameters(t *testing.T) {
	t.Parallel()
	for name, params := range map[string]any{"struct": struct{ Other string }{}, "map": map[string]string{}} {
		_, err := remote.Render(remote.Template("x.sh", `{{.Text}}`), params)
		if err == nil || !strings.HasPrefix(err.Error(), "render x.sh: ") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestAptFunctionsAreShellFunctions(t *testing.T) {
	t.Parallel()
	text, err := remote.Render(remote.Template("x.sh", "{{template \"apt\"}}\napt_update\napt_get install -y x\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := scripttest.NewHost(t, map[string]string{
		"flock":   `exec "${@:4}"`,                                                               // --timeout 600 FILE COMMAND
		"apt-get": `[[ $* != *update* ]] || [ -e "$ROOT/again" ] || { >"$ROOT/again"; exit 1; }`, // the first update fails
		"sleep":   "",
	})
	succeeded, output, calls := h.Run(text, "")
	if !succeeded {
		t.Fatal(output)
	}
	var updates, installs, waits int
	for _, call := range calls {
		switch {
		case strings.HasPrefix(call, "apt-get ") && strings.HasSuffix(call, " update"):
			updates++
		case strings.HasPrefix(call, "apt-get ") && strings.HasSuffix(call, " install -y x"):
			installs++
		case strings.HasPrefix(call, "sleep "):
			waits++
		}
	}
	if updates != 2 || installs != 1 || waits != 1 {
		t.Errorf(
			"%d updates, %d installs and %d pauses, want an update again after a pause: %q",
			updates,
			installs,
			waits,
			calls,
		)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":         `''`,
		"a b":      `'a b'`,
		"$(x) `x`": "'$(x) `x`'",
		"it's":     `'it'\''s'`,
		"\n":       "'\n'",
	} {
		if got := remote.Quote(text); got != want {
			t.Errorf("Quote(%q) is %q, want %q", text, got, want)
		}
	}
}

// unquote reads words of a POSIX shell that consist of '…' and \' only. It is Quote the other way round.
func unquote(word string) (string, bool) {
	var text []byte
	inside := false
	for i := 0; i < len(word); i++ {
		switch {
		case word[i] == '\'':
			inside = !inside
		case inside:
			text = append(text, word[i])
		case word[i] == '\\' && i+1 < len(word) && word[i+1] == '\'':
			text = append(text, '\'')
			i++
		default:
			return "", false // outside of quotes a shell would read it its own way
		}
	}
	return string(text), !inside
}

func FuzzQuote(f *testing.F) {
	for _, text := range []string{"", "it's", "''", `\`, "$HOME", "`id`", "a\nb", "-n", "%s\\n", "\xff", "!!", "*", "~", "ä"} {
		f.Add(text)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		f.Skip("bash is missing")
	}
	f.Fuzz(func(t *testing.T, text string) {
		word := remote.Quote(text)
		if got, ok := unquote(word); !ok || got != text {
			t.Fatalf("%q is quoted as %q, which reads %q", text, word, got)
		}
		if strings.Contains(text, "\x00") {
			return // no argument of a process can have it
		}
		output, err := exec.CommandContext(t.Context(), bash, "-c", "printf %s "+word).Output()
		if err != nil || string(output) != text {
			t.Fatalf("bash reads %q as %q, %v, want %q", word, output, err, text)
		}
	})
}
