package program

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hello-kubernetes/config"
	"hello-kubernetes/tests/recorder"
)

// A recorded resource is one of a stack that an earlier version of the program brought up. Its inputs have the IDs and
// the SSH key that the recorder gives; a secret is recorded as its hash. Of the commands only those are recorded that
// do something when they are deleted, such as a worker's, which takes its node from the cluster.
type recorded struct {
	URN    string         `json:"urn"`
	Inputs map[string]any `json:"inputs"`
}

// inPlace are the inputs that may change, as that replaces nothing. Before you add one, look in the provider's schema.
var inPlace = map[string][]string{
	"aws:ec2/instance:Instance": {"vpcSecurityGroupIds"},
	"kubernetes:apps/v1:Deployment": {
		"spec.replicas", "spec.revisionHistoryLimit", "spec.strategy", "spec.template",
	},
	"kubernetes:core/v1:Service":  {"spec.ports"},
	"pulumi:providers:kubernetes": {"kubeconfig"}, // as long as there is a clusterIdentifier
	recorder.Command: {
		"addPreviousOutputInEnv", "connection", "create", "delete", "logging", "stdin", "update",
	},
}

// A stack that runs is updated by the program of today, and nothing in it is made anew.
func TestRunningStacksAreKept(t *testing.T) {
	t.Parallel()
	for _, topology := range []string{config.Public, config.Private} {
		t.Run(topology, func(t *testing.T) {
			t.Parallel()
			s := record(t, map[string]string{"topology": topology, "aws:region": "sandbox-1"})
			text, err := os.ReadFile("testdata/state-" + topology + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var state []recorded
			if err := json.Unmarshal(text, &state); err != nil || len(state) < 25 {
				t.Fatalf("%d resources, %v", len(state), err)
			}
			kept, ids := map[*recorder.Resource]recorded{}, map[string]string{}
			for _, before := range state {
				if now := find(s, before.URN); now != nil {
					kept[now] = before
					urn := resource.URN(before.URN)
					old := recorder.IDOf(string(urn.Type()), urn.Name())
					ids[now.ID], ids[now.ID+"-eni"] = old, old+"-eni"
				} else {
					t.Errorf("%s would be deleted", before.URN)
				}
			}
			for now, before := range kept {
				keep(t, before, now, ids)
			}
		})
	}
}

// find returns the resource that the program registers under a URN, or with it as an alias.
func find(s stack, urn string) *recorder.Resource {
	for _, res := range s.Resources {
		if res.URN == urn || slices.Contains(res.RegisterRPC.GetAliasURNs(), urn) {
			return res
		}
	}
	return nil
}

// keep checks that a resource has no inputs now that would replace it. ids are the old IDs by the new ones, as one with
// an alias keeps its ID.
func keep(t *testing.T, before recorded, now *recorder.Resource, ids map[string]string) {
	t.Helper()
	inputs := now.Inputs.MapRepl(nil, func(value resource.PropertyValue) (any, bool) {
		if value.IsSecret() {
			return fmt.Sprintf("sha256:%x", sha256.Sum256(fmt.Append(nil, value.SecretValue().Element.V))), true
		}
		text, _ := value.V.(string)
		old, found := ids[text]
		return old, found
	})
	for path, change := range changes("", before.Inputs, inputs) {
		if !slices.ContainsFunc(slices.Concat(inPlace[now.TypeToken], now.RegisterRPC.GetIgnoreChanges()),
			func(may string) bool { return path == may || strings.HasPrefix(path, may+".") }) {
			t.Errorf("%s: %s %s", before.URN, path, change)
		}
	}
}

// changes returns what differs, by its path.
func changes(path string, before, now any) map[string]string {
	from, wasObject := before.(map[string]any)
	to, isObject := now.(map[string]any)
	all := map[string]string{}
	switch {
	case wasObject && isObject:
		for key := range maps.Keys(from) {
			maps.Copy(all, changes(strings.TrimPrefix(path+"."+key, "."), from[key], to[key]))
		}
		for key := range maps.Keys(to) {
			maps.Copy(all, changes(strings.TrimPrefix(path+"."+key, "."), from[key], to[key]))
		}
	case !reflect.DeepEqual(before, now):
		all[path] = fmt.Sprintf("was %v and is %v", before, now)
	}
	return all
}
