// Package scripttest tests what the program runs on hosts: as text, with bash's and shellcheck's eyes, and for real on
// a pretended host.
package scripttest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// Update tells whether the tests are to write what they compare with, instead.
var Update = flag.Bool("update", false, "write the golden files of testdata anew")

// Goldens are the files of a directory of testdata that is named after the test.
type Goldens struct {
	dir  string
	seen map[string]bool
}

// NewGoldens returns the goldens of a test. When it ends, a file that was not compared is an error: nothing renders it
// any more.
func NewGoldens(t *testing.T) *Goldens {
	g := &Goldens{filepath.Join("testdata", t.Name()), map[string]bool{}}
	if *Update {
		if err := os.RemoveAll(g.dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		entries, err := os.ReadDir(g.dir)
		if err != nil {
			t.Error(err)
		}
		for _, entry := range entries {
			if !g.seen[entry.Name()] {
				t.Errorf("%s is left over: remove it, or run go test -update", filepath.Join(g.dir, entry.Name()))
			}
		}
	})
	return g
}

// Compare compares text with the file name. With -update it writes the file.
func (g *Goldens) Compare(t *testing.T, name, text string) {
	t.Helper()
	if g.seen[name] {
		t.Errorf("%s is compared twice", name)
	}
	g.seen[name] = true
	path := filepath.Join(g.dir, name)
	if *Update {
		if err := os.MkdirAll(g.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v: run go test -update", err)
		return
	}
	if text != string(want) {
		t.Errorf("%s has changed: if it should, run go test -update and read git diff. It is\n%s", path, text)
	}
}
