package summary

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// load reads a plan of testdata. dev.json is what `make graph` records. changes.json is Pulumi's own too: a preview with
// --show-sames and --show-replacement-steps over a state with dev's AWS resources, after a change of adminCidrs,
// privateSubnetCidr, controlPlane and workers.
func load(t testing.TB, name string) *Plan {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// golden compares text with a file, or writes that.
func golden(t testing.TB, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("the text differs from %s: run make graph and look at the difference", file)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for name, context := range map[string]string{"dev": "Planned from nothing.", "changes": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, filepath.Join("testdata", name+".md"), Markdown(load(t, name+".json"), context))
		})
	}
}

// Resources are registered in parallel: Pulumi lists them in another order every time.
func TestTheOrderOfStepsDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev.json", "changes.json"} {
		plan := load(t, name)
		document := Markdown(plan, "")
		slices.Reverse(plan.Steps)
		if Markdown(plan, "") != document {
			t.Errorf("%s: another order of steps gives another text", name)
		}
	}
}

func TestFailureKeepsPrivateKeysBack(t *testing.T) {
	t.Parallel()
	const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"
	for name, text := range map[string]string{"whole": key, "cut off": strings.TrimSuffix(key, "-----END OPENSSH PRIVATE KEY-----")} {
		document := Failure("dev", "bad key: "+text+"\n```\nfence")
		if strings.Contains(document, "b3Blbn") || !strings.Contains(document, "bad key: [private key]") {
			t.Errorf("%s: the document is\n%s", name, document)
		}
	}
	if document := Failure("dev", "```\nfence"); !strings.Contains(document, "````\n```\nfence\n````") {
		t.Errorf("a fence in the reason ends the block:\n%s", document)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"no JSON": "error: no stack", "nothing": "", "no URN": `{"steps": [{"op": "create", "urn": "x"}]}`} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s is a plan", name)
		}
	}
}
