package program

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"hello-kubernetes/config"
	"hello-kubernetes/tests/recorder"
)

// A recorded resource is one of a stack that an earlier version of the program had brought up. Secrets and keys are
// left out, and an input that comes from other resources is an object with their URNs.
type recorded struct {
	URN    string         `json:"urn"`
	Inputs map[string]any `json:"inputs"`
}

// changedInPlace are inputs that have changed since, and that AWS and Kubernetes change in place.
var changedInPlace = map[string][]string{
	"aws:ec2/instance:Instance":  {"vpcSecurityGroupIds"}, // a group a role
	"kubernetes:core/v1:Service": {"spec"},                // the node port is fixed
}

// A stack that runs is updated by the program of today, and nothing in it is made anew.
func TestRunningStacksAreKept(t *testing.T) {
	t.Parallel()
	for _, topology := range []string{config.Public, config.Private} {
		t.Run(topology, func(t *testing.T) {
			t.Parallel()
			s := record(
				t,
				map[string]string{"topology": topology, "ignorePreflightErrors": `["NumCPU", "SystemVerification"]`},
			)
			text, err := os.ReadFile("testdata/state-" + topology + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var state []recorded
			if err := json.Unmarshal(text, &state); err != nil || len(state) < 15 {
				t.Fatalf("%d resources, %v", len(state), err)
			}
			for _, before := range state {
				keep(t, s, before)
			}
		})
	}
}

// keep checks that the program registers a resource under its old name, or an alias, with inputs that do not replace
// it.
func keep(t *testing.T, s stack, before recorded) {
	t.Helper()
	i := slices.IndexFunc(s.Resources, func(res *recorder.Resource) bool {
		names := []string{res.URN}
		for _, alias := range res.RegisterRPC.GetAliases() {
			names = append(names, alias.GetUrn())
		}
		return slices.Contains(names, before.URN)
	})
	if i < 0 {
		t.Errorf("%s would be deleted", before.URN)
		return
	}
	now := s.Resources[i]
	for key, want := range before.Inputs {
		ignored := slices.Concat(changedInPlace[now.TypeToken], now.RegisterRPC.GetIgnoreChanges())
		if want == "[secret]" || slices.Contains(ignored, key) {
			continue
		}
		if got := inputOf(t, now, key); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s was %v and is %v", before.URN, key, want, got)
		}
	}
}

// inputOf returns an input as a recorded state has it.
func inputOf(t *testing.T, res *recorder.Resource, key string) any {
	t.Helper()
	if urns := res.RegisterRPC.GetPropertyDependencies()[key].GetUrns(); len(urns) > 0 {
		var from []any
		for _, urn := range slices.Sorted(slices.Values(urns)) {
			from = append(from, urn)
		}
		return map[string]any{"from": from}
	}
	encoded, err := json.Marshal(res.Property(key).Mappable())
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(encoded, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
