package mirror

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// testArtifact is an artifact with one file.
func testArtifact(name, recipe string, needs ...*artifact) *artifact {
	return &artifact{
		kind: "bin", name: name, version: "v1.0.0", recipe: []string{recipe}, needs: needs,
		build: func(_ context.Context, dir string) error {
			return os.WriteFile(filepath.Join(dir, name), []byte(recipe), 0o755)
		},
	}
}

func titles(all []*artifact) (names []string) {
	for _, a := range all {
		names = append(names, a.name)
	}
	return names
}

func TestMissingIsInOrderAndOnce(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	base := testArtifact("base", "1")
	one, two := testArtifact("one", "1", base), testArtifact("two", "1", base)
	assertEqual(t, titles(missing(cache, []*artifact{one, two})), []string{"base", "one", "two"})

	for _, a := range []*artifact{base, one} {
		if err := a.make(t.Context(), cache); err != nil {
			t.Fatal(err)
		}
	}
	assertEqual(t, titles(missing(cache, []*artifact{one, two})), []string{"two"})

	// What was only needed to build what is there need not be kept.
	if err := os.RemoveAll(filepath.Join(cache, base.path())); err != nil {
		t.Fatal(err)
	}
	assertEqual(t, titles(missing(cache, []*artifact{one})), nil)
}

func TestKeyFollowsTheRecipeOfWhatIsNeeded(t *testing.T) {
	t.Parallel()
	a := testArtifact("image", "1", testArtifact("base", "1"))
	b := testArtifact("image", "1", testArtifact("base", "2"))
	if a.path() == b.path() {
		t.Errorf("both are %s", a.path())
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	t.Parallel()
	cache, broken := t.TempDir(), errors.New("broken")
	a := testArtifact("one", "1")
	build := a.build
	a.build = func(ctx context.Context, dir string) error { return errors.Join(build(ctx, dir), broken) }
	if err := a.make(t.Context(), cache); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	files, err := filepath.Glob(filepath.Join(cache, "bin", "*"))
	if err != nil || len(files) != 0 {
		t.Errorf("left %q, %v", files, err)
	}
	// And one that was killed does not spoil the next.
	if err := os.MkdirAll(filepath.Join(cache, a.path()+".part", "half"), 0o755); err != nil {
		t.Fatal(err)
	}
	a.build = build
	if err := a.make(t.Context(), cache); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(cache, a.path(), "half")); err == nil {
		t.Error("the killed build's file is there")
	}
}

func assertEqual(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}
