package summary

import (
	"slices"
	"testing"
)

// docs/architecture.svg is drawn from the plan that is recorded here.
func TestTheGraphIsThatOfTheRecordedPlan(t *testing.T) {
	t.Parallel()
	golden(t, "../../docs/architecture.dot", Graph(load(t, "dev.json")))
}

func TestTheGraphDoesNotDependOnTheOrderOfSteps(t *testing.T) {
	t.Parallel()
	plan := load(t, "dev.json")
	drawing := Graph(plan)
	slices.Reverse(plan.Steps)
	if Graph(plan) != drawing {
		t.Error("another order of steps gives another graph")
	}
}

func TestRecordKeepsWhatIsShown(t *testing.T) {
	t.Parallel()
	plan := load(t, "changes.json")
	data, err := Record(plan)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if Markdown(again, "") != Markdown(plan, "") {
		t.Error("the recorded plan has another document")
	}
}
