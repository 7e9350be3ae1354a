package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// The plan of the stack dev that is recorded in the repository, from which docs/architecture.svg is drawn, has the
// program's resources and what each depends on.
func TestRecordedPlanIsThePrograms(t *testing.T) {
	t.Parallel()
	planned, registered := plannedNeeds(t), map[string][]string{}
	rename := strings.NewReplacer("urn:pulumi:"+recorder.Stack+"::", "urn:pulumi:dev::", recorder.Project+"-"+recorder.Stack, recorder.Project+"-dev")
	for _, res := range record(t, stackConfig(t, "dev")).Resources {
		needs := res.RegisterRPC.GetDependencies()
		for i, needed := range needs {
			needs[i] = rename.Replace(needed)
		}
		registered[rename.Replace(res.URN)] = slices.Sorted(slices.Values(needs))
	}
	for urn := range registered {
		if strings.HasSuffix(urn, "test:index:Outputs::stack") { // the tests' own
			delete(registered, urn)
		}
	}
	if maps.EqualFunc(planned, registered, slices.Equal) {
		return
	}
	for urn, needs := range registered {
		if recorded, ok := planned[urn]; !ok || !slices.Equal(needs, recorded) {
			t.Errorf("%s needs %v, recorded are %v", urn, needs, recorded)
		}
	}
	for urn := range planned {
		if _, ok := registered[urn]; !ok {
			t.Errorf("%s is recorded and not registered", urn)
		}
	}
	t.Error("the program differs from the recorded plan: run make graph")
}

// plannedNeeds returns the recorded resources with what each depends on.
func plannedNeeds(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("sandbox/summary/testdata/dev.json")
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Steps []struct {
			URN      string
			NewState struct{ Dependencies []string }
		}
	}
	if err := json.Unmarshal(data, &plan); err != nil {
		t.Fatal(err)
	}
	needs := map[string][]string{}
	for _, step := range plan.Steps {
		if !strings.Contains(step.URN, "::pulumi:pulumi:Stack::") {
			needs[step.URN] = slices.Sorted(slices.Values(step.NewState.Dependencies))
		}
	}
	return needs
}
