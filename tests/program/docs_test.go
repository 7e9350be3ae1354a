package program

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"hello-kubernetes/config"
	"hello-kubernetes/network"
	"hello-kubernetes/tests/scripttest"
)

// generated are the parts of documents that come from elsewhere, by file and by the name in their markers.
var generated = map[string]map[string]func() (string, error){
	"README.md":        {"config": configTable, "commands": commandTable},
	"docs/security.md": {"flows": flowTable},
}

func TestDocsAreUpToDate(t *testing.T) {
	t.Parallel()
	for file, parts := range generated {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			isUpToDate(t, file, parts)
		})
	}
}

func isUpToDate(t *testing.T, file string, parts map[string]func() (string, error)) {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	after := string(before)
	for name, generate := range parts {
		table, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		first, last := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
		head, rest, opened := strings.Cut(after, first)
		_, tail, closed := strings.Cut(rest, last)
		if !opened || !closed {
			t.Fatalf("%s has no part between %s and %s", file, strings.TrimSpace(first), strings.TrimSpace(last))
		}
		after = head + first + table + last + tail
	}
	if after == string(before) {
		return
	}
	if !*scripttest.Update {
		t.Fatalf("%s is out of date: make fmt", file)
	}
	if err := os.WriteFile(filepath.Join(root, file), []byte(after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// configTable is a line for each key of Pulumi.yaml, in its order.
func configTable() (string, error) {
	var project struct {
		Config yaml.Node `yaml:"config"`
	}
	if err := yaml.Unmarshal(projectFile, &project); err != nil {
		return "", err
	}
	var table strings.Builder
	table.WriteString("| key | type | default | |\n|---|---|---|---|\n")
	for i := 0; i < len(project.Config.Content); i += 2 {
		var property struct {
			Description string `yaml:"description"`
			Type        string `yaml:"type"`
			Default     any    `yaml:"default"`
			Secret      bool   `yaml:"secret"`
		}
		if err := project.Config.Content[i+1].Decode(&property); err != nil {
			return "", err
		}
		kind, preset := property.Type, "required"
		if property.Secret {
			kind += ", secret"
		}
		if property.Default != nil {
			text, err := json.Marshal(property.Default)
			if err != nil {
				return "", err
			}
			preset = "`" + strings.Trim(string(text), `"`) + "`"
			if property.Default == "" {
				preset = "empty"
			}
		}
		fmt.Fprintf(
			&table,
			"| `%s` | %s | %s | %s |\n",
			project.Config.Content[i].Value,
			kind,
			preset,
			cell(property.Description),
		)
	}
	return table.String(), nil
}

// flowTable is a line for each flow, as the program registers them.
func flowTable() (string, error) {
	s, err := run(context.Background(), nil, false)
	if err != nil {
		return "", err
	}
	var flows []network.Flow
	for _, res := range s.Resources {
		if res.TypeToken == "hello-kubernetes:network:Network" {
			encoded, err := json.Marshal(res.Property("flows").Mappable())
			if err != nil {
				return "", err
			}
			if err := json.Unmarshal(encoded, &flows); err != nil {
				return "", err
			}
		}
	}
	order := []string{"internet", "admins", "edge", "control-plane", "worker"}
	slices.SortFunc(flows, func(a, b network.Flow) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.From), slices.Index(order, b.From)),
			cmp.Compare(slices.Index(order, a.To), slices.Index(order, b.To)),
			cmp.Compare(a.FirstPort, b.FirstPort))
	})
	table := "| from | to | ports | reason |\n|---|---|---|---|\n"
	for _, f := range flows {
		table += fmt.Sprintf("| %s | %s | %s | %s |\n", f.From, f.To, portsOf(f), f.Reason)
	}
	return table, nil
}

// portsOf is a flow's ports: 80/tcp, 30000-32767/tcp, or type:code/icmp.
func portsOf(f network.Flow) string {
	switch {
	case f.Protocol == "icmp":
		return fmt.Sprintf("%d:%d/icmp", f.FirstPort, f.LastPort)
	case f.FirstPort == f.LastPort:
		return fmt.Sprintf("%d/%s", f.FirstPort, f.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", f.FirstPort, f.LastPort, f.Protocol)
}

var target = regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## (.*)$`)

// commandTable is a line for each target of the Makefile that `make help` lists.
func commandTable() (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		return "", err
	}
	table := "| command | |\n|---|---|\n"
	for _, match := range target.FindAllStringSubmatch(string(text), -1) {
		table += fmt.Sprintf("| `make %s` | %s |\n", match[1], cell(match[2]))
	}
	return table, nil
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// documents returns the text of every document, by its path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all[file] = string(text)
		}
	}
	return all
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noWord  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func TestDocsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	all := documents(t)
	for file, text := range all {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			path, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			to := file
			if path != "" {
				to = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which is not there", file, match[1])
			}
			if anchor == "" {
				continue
			}
			found := false
			for _, h := range heading.FindAllStringSubmatch(all[to], -1) {
				found = found ||
					strings.ReplaceAll(noWord.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == anchor
			}
			if !found {
				t.Errorf("%s links to %s, but %s has no such heading", file, match[1], to)
			}
		}
	}
}

var example = regexp.MustCompile("(?s)```yaml\n(config:\n.*?)```")

// Stack files that the documents show are ones that the program takes.
func TestDocsShowGoodConfigurations(t *testing.T) {
	t.Parallel()
	for file, text := range documents(t) {
		for _, match := range example.FindAllStringSubmatch(text, -1) {
			var stack struct {
				Config map[string]any `yaml:"config"`
			}
			if err := yaml.Unmarshal([]byte(match[1]), &stack); err != nil {
				t.Errorf("%s: %v in\n%s", file, err, match[1])
				continue
			}
			values := map[string]string{}
			for key, value := range stack.Config {
				name := strings.TrimPrefix(key, "hello-kubernetes:")
				values[name] = fmt.Sprint(value)
				switch value.(type) {
				case []any, map[string]any:
					encoded, err := json.Marshal(value)
					if err != nil {
						t.Fatal(err)
					}
					values[name] = string(encoded)
				}
			}
			if _, err := config.Parse(projectFile, values); err != nil {
				for line := range strings.Lines(err.Error()) {
					if !strings.Contains(line, ": missing: ") { // an example shows what it is about
						t.Errorf("%s: %s in\n%s", file, line, match[1])
					}
				}
			}
		}
	}
}
