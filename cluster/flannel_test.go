package cluster

import (
	"strings"
	"testing"
	"text/template"

	"hello-kubernetes/internal/remote"
	"hello-kubernetes/tests/scripttest"
)

// object is the part of a Kubernetes object that these tests look at.
type object struct {
	Kind string            `yaml:"kind"`
	Data map[string]string `yaml:"data"`
	Spec struct {
		Template struct {
			Metadata struct {
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"metadata"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

// configHash is the hash of the ConfigMap that the DaemonSet's pods carry.
func configHash(t *testing.T, manifest string) string {
	t.Helper()
	for _, object := range scripttest.Documents[object](t, manifest) {
		if object.Kind == "DaemonSet" {
			return object.Spec.Template.Metadata.Annotations["hello-kubernetes/config"]
		}
	}
	t.Fatal("no DaemonSet")
	return ""
}

// flanneld reads its configuration only when it starts.
func TestFlannelRestartsWhenItsConfigurationChanges(t *testing.T) {
	t.Parallel()
	hash := func(podCIDR string) string {
		manifest, err := flannel(flannelFile, podCIDR)
		if err != nil {
			t.Fatal(err)
		}
		return configHash(t, manifest)
	}
	first := hash("10.244.0.0/16")
	if len(first) != 64 {
		t.Errorf("the pods' annotation is %q, want a SHA-256", first)
	}
	if again := hash("10.244.0.0/16"); again != first {
		t.Error("one configuration has two hashes: every run would restart flannel")
	}
	if other := hash("10.32.0.0/12"); other == first {
		t.Error("two configurations have one hash")
	}
}

func TestFlannelDoesNotRestartForAnythingElse(t *testing.T) {
	t.Parallel()
	manifest := func(text string) string {
		rendered, err := flannel(remote.Template("flannel.yaml", text), "10.244.0.0/16")
		if err != nil {
			t.Fatal(err)
		}
		return rendered
	}
	roles := strings.Replace(flannelText, "verbs: [get]", "verbs: [get, list]", 1)
	if roles == flannelText {
		t.Fatal("nothing replaced")
	}
	if configHash(t, manifest(roles)) != configHash(t, manifest(flannelText)) {
		t.Error("a change of its role restarts flannel")
	}
	for _, text := range []string{
		strings.Replace(flannelText, `"hairpinMode": true`, `"hairpinMode": false`, 1),
		strings.Replace(flannelText, `"vxlan"`, `"host-gw"`, 1),
	} {
		if configHash(t, manifest(text)) == configHash(t, manifest(flannelText)) {
			t.Error("a change of its configuration does not restart flannel")
		}
	}
}

func TestFlannelWithoutConfigMapIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := flannel(template.Must(template.New("x").Parse("kind: Namespace\n")), ""); err == nil {
		t.Error("accepted")
	}
}
