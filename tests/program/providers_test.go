package program

import (
	"strings"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// A default provider would take region and credentials from whoever runs the program.
func TestProvidersAreExplicit(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		wanted := map[string]string{"aws": "aws aws", "kubernetes": "kubernetes"}
		for _, res := range s.Resources {
			kind, _, _ := strings.Cut(res.TypeToken, ":")
			if label := wanted[kind]; label != "" {
				if got, want := recorder.ProviderURN(res.Provider), s.Get(t, label).URN; got != want {
					t.Errorf("%s has the provider %q, want %q", res.Label(), got, want)
				}
			}
		}
		for _, call := range s.Calls {
			if got, want := recorder.ProviderURN(call.Provider), s.Get(t, "aws aws").URN; got != want {
				t.Errorf("the look-up %s has the provider %q, want %q", call.Token, got, want)
			}
		}
	})
}

func TestAWSProviderTagsEverything(t *testing.T) {
	t.Parallel()
	provider := record(t, nil).Get(t, "aws aws")
	for path, want := range map[string]string{
		"region":                   "us-east-1",
		"defaultTags.tags.project": "hello-kubernetes",
		"defaultTags.tags.stack":   "test",
	} {
		if got := provider.Text(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

// Without it every new kubeconfig, such as that of a new address, would replace the app.
func TestKubernetesProviderKnowsItsClusterByName(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		provider := s.Get(t, "kubernetes")
		if id := provider.Text("clusterIdentifier"); id != "hello-kubernetes-test" {
			t.Errorf("clusterIdentifier is %q", id)
		}
		for _, dependency := range provider.RegisterRPC.GetPropertyDependencies()["clusterIdentifier"].GetUrns() {
			t.Errorf("clusterIdentifier depends on %s: it has to be known in every plan", dependency)
		}
	})
}

func TestEveryChildHasAComponent(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		components := map[string]bool{}
		for _, res := range s.Resources {
			components[res.URN] = res.Component()
		}
		for _, res := range s.Resources {
			if res.Component() || res.Label() == "aws aws" {
				continue
			}
			if parent := res.RegisterRPC.GetParent(); !components[parent] {
				t.Errorf("%s has the parent %q, want a component", res.Label(), parent)
			}
		}
	})
}

// When the control plane's instance goes, the app's objects are gone with it, and nobody could delete them any more.
// The cluster on the next instance has none, whatever the state says.
func TestAppGoesWithItsCluster(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		instance := s.Get(t, "Instance control-plane").URN
		for _, label := range []string{"Namespace hello-hapi", "Deployment hello-hapi", "Service hello-hapi"} {
			options := s.Get(t, label).RegisterRPC
			if got := options.GetDeletedWith(); got != instance {
				t.Errorf("%s is deleted with %q, want %q", label, got, instance)
			}
			if got := options.GetReplaceWith(); len(got) != 1 || got[0] != instance {
				t.Errorf("%s is replaced with %q, want %q", label, got, instance)
			}
		}
	})
}
