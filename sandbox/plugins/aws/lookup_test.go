package aws

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The program asks for the one SSM parameter that the sandbox has.
func TestParameterIsTheOneThatTheProgramAsksFor(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../compute/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), `"`+imageParameter+`"`) {
			return
		}
	}
	t.Errorf("the program's package compute does not ask for %s", imageParameter)
}
