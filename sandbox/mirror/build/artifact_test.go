package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// makes makes what is missing of the targets and returns the steps.
func makes(t *testing.T, cache string, targets ...*artifact) (steps []string) {
	t.Helper()
	err := makeMissing(t.Context(), Options{Cache: cache, Progress: func(step, total int, what string) {
		steps = append(steps, fmt.Sprintf("%d/%d %s", step, total, what))
	}}, targets)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestWhatIsMissingIsMadeOnce(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	base, layer := testArtifact("base", "1"), testArtifact("layer", "1")
	layer.downloads = true
	one, two := testArtifact("one", "1", base), testArtifact("two", "1", base, layer)
	if got, want := makes(t, cache, one), []string{"1/2 base 1.0.0", "2/2 one 1.0.0"}; !slices.Equal(got, want) {
		t.Errorf("first %q, want %q", got, want)
	}
	if got, want := makes(t, cache, one, two), []string{"1/2 layer 1.0.0", "2/2 two 1.0.0"}; !slices.Equal(got, want) {
		t.Errorf("then %q, want %q", got, want)
	}
	// What only served to make what is there need not be kept.
	if err := os.RemoveAll(filepath.Join(cache, base.path())); err != nil {
		t.Fatal(err)
	}
	if got := makes(t, cache, one, two); len(got) > 0 {
		t.Errorf("at last %q, want nothing", got)
	}
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
	makes(t, cache, a)
	if _, err := os.Stat(filepath.Join(cache, a.path(), "half")); err == nil {
		t.Error("the killed build's file is there")
	}
}
