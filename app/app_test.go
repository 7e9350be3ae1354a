package app

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/tests/recorder"
)

// record runs the component. Its outputs are recorded as inputs of a component "Result".
func record(t *testing.T) *recorder.Recording {
	t.Helper()
	r, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		host, err := recorder.Host(ctx, "control-plane", nil)
		if err != nil {
			return err
		}
		name := recorder.Project + "-" + recorder.Stack
		provider, err := kubernetes.NewProvider(ctx, name, &kubernetes.ProviderArgs{})
		if err != nil {
			return err
		}
		a, err := New(ctx, name, Args{
			Name:     "hello",
			Provider: provider,
			Cluster:  host.Instance,
			Image:    "example.com/hello:1",
			Replicas: 4,
			Env:      map[string]string{"B": "2", "A": "1", "C": "3"},
			Port:     8080,
			NodePort: 30080,
		})
		if err != nil {
			return err
		}
		outputs := pulumi.Map{"clusterIP": a.ClusterIP}
		return ctx.RegisterComponentResourceV2("test:index:Result", name, outputs, &pulumi.ResourceState{})
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	namespace  = "Namespace hello"
	deployment = "Deployment hello"
	service    = "Service hello"
	pod        = "spec.template.spec"
)

// onlyContainer returns the only container of the pods.
func onlyContainer(t *testing.T, r *recorder.Recording) map[string]any {
	t.Helper()
	containers := r.Get(t, deployment).Property(pod + ".containers").ArrayValue()
	if len(containers) != 1 {
		t.Fatalf("%d containers", len(containers))
	}
	return containers[0].ObjectValue().Mappable()
}

// at returns the value at the keys of nested objects.
func at(object any, keys ...string) any {
	for _, key := range keys {
		fields, _ := object.(map[string]any)
		object = fields[key]
	}
	return object
}

func TestPodsHaveNoPrivileges(t *testing.T) {
	t.Parallel()
	r := record(t)
	for path, want := range map[string]any{
		"automountServiceAccountToken":        false,
		"securityContext.runAsNonRoot":        true,
		"securityContext.runAsUser":           1000.0,
		"securityContext.seccompProfile.type": "RuntimeDefault",
	} {
		if got := r.Get(t, deployment).Property(pod + "." + path).V; got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	for _, forbidden := range []string{"hostNetwork", "hostPID", "hostIPC", "volumes"} {
		if value := r.Get(t, deployment).Property(pod + "." + forbidden); !value.IsNull() {
			t.Errorf("%s is %v", forbidden, value.V)
		}
	}
	security := at(onlyContainer(t, r), "securityContext")
	got := fmt.Sprint(
		at(security, "allowPrivilegeEscalation"),
		at(security, "readOnlyRootFilesystem"),
		at(security, "capabilities"),
	)
	if want := "false true map[drop:[ALL]]"; got != want {
		t.Errorf("escalation, read-only and capabilities are %s, want %s", got, want)
	}
}

// What the pods do without nobody else in their namespace can have, either.
func TestNamespaceRefusesPrivileges(t *testing.T) {
	t.Parallel()
	r := record(t)
	level := r.Get(t, namespace).Property("metadata.labels").ObjectValue()["pod-security.kubernetes.io/enforce"]
	if level.V != "restricted" {
		t.Errorf("pods of the level %v may run", level.V)
	}
	for _, label := range []string{deployment, service} {
		if got := r.Get(t, label).Text("metadata.namespace"); got != r.Get(t, namespace).Text("metadata.name") {
			t.Errorf("%s is in the namespace %q", label, got)
		}
		if !slices.Contains(r.Needs(t, label), namespace) {
			t.Errorf("%s does not wait for its namespace", label)
		}
	}
}

// Pods without limits take a small worker's memory from each other and from the kubelet.
func TestPodsHaveLimitsAndAreProbed(t *testing.T) {
	t.Parallel()
	c := onlyContainer(t, record(t))
	for _, path := range [][]string{{"requests", "cpu"}, {"requests", "memory"}, {"limits", "memory"}} {
		if at(c, append([]string{"resources"}, path...)...) == nil {
			t.Errorf("no %v", path)
		}
	}
	for _, kind := range []string{"startupProbe", "readinessProbe", "livenessProbe"} {
		if path, port := at(c, kind, "httpGet", "path"), at(c, kind, "httpGet", "port"); path != "/ping" ||
			port != 8080.0 {
			t.Errorf("%s asks port %v for %v", kind, port, path)
		}
	}
	if at(c, "lifecycle", "preStop") == nil {
		t.Error("a pod that ends stops serving before it is taken out of the Service")
	}
}

func TestAppIsWhatItsArgsSay(t *testing.T) {
	t.Parallel()
	r := record(t)
	c := onlyContainer(t, r)
	if c["image"] != "example.com/hello:1" || r.Get(t, deployment).Property("spec.replicas").V != 4.0 {
		t.Errorf("the image is %v, replicas are %v", c["image"], r.Get(t, deployment).Property("spec.replicas").V)
	}
	// Sorted, as a map's own order would roll the pods from one run to the next.
	if got, want := fmt.Sprint(c["env"]), "[map[name:A value:1] map[name:B value:2] map[name:C value:3]]"; got != want {
		t.Errorf("the environment is %s, want %s", got, want)
	}
}

func TestServiceFindsThePods(t *testing.T) {
	t.Parallel()
	r := record(t)
	labels := r.Get(t, deployment).Property("spec.template.metadata.labels").ObjectValue()
	for name, selector := range map[string]string{
		"the Service": r.Get(t, service).Text("spec.selector.app"), "the Deployment": r.Get(t, deployment).Text("spec.selector.matchLabels.app"),
	} {
		if selector == "" || labels["app"].StringValue() != selector {
			t.Errorf("%s selects app %q, the pods have the labels %v", name, selector, labels)
		}
	}
	port := r.Get(t, service).Property("spec.ports").ArrayValue()[0].ObjectValue().Mappable()
	if port["port"] != 80.0 || port["targetPort"] != 8080.0 || port["nodePort"] != 30080.0 ||
		r.Get(t, service).Text("spec.type") != "NodePort" {
		t.Errorf("the Service is a %s of %v", r.Get(t, service).Text("spec.type"), port)
	}
	if result := r.Get(t, "Result"); result.Text("clusterIP") != "10.96.0.20" {
		t.Errorf("outputs are %v", result.Inputs)
	}
}

// Objects with fixed names cannot be beside their replacements.
func TestObjectsAreDeletedBeforeTheirReplacement(t *testing.T) {
	t.Parallel()
	r := record(t)
	for _, label := range []string{namespace, deployment, service} {
		res := r.Get(t, label)
		if res.Text("metadata.name") == "" {
			t.Errorf("%s is named by chance", label)
		}
		if !res.RegisterRPC.GetDeleteBeforeReplace() {
			t.Errorf("%s is replaced before it is deleted", label)
		}
		if !slices.Contains(r.Needs(t, label), "kubernetes") {
			t.Errorf("%s does not wait for its provider", label)
		}
	}
}

// Two apps on one cluster have nothing in common but the provider.
func TestTwoAppsDoNotCollide(t *testing.T) {
	t.Parallel()
	r, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		host, err := recorder.Host(ctx, "control-plane", nil)
		if err != nil {
			return err
		}
		provider, err := kubernetes.NewProvider(ctx, "provider", &kubernetes.ProviderArgs{})
		if err != nil {
			return err
		}
		for i, name := range []string{"one", "two"} {
			if _, err := New(ctx, name, Args{
				Name: name, Provider: provider, Cluster: host.Instance, Image: "example.com/" + name + ":1",
				Replicas: 1, Port: 8080, NodePort: 30080 + i,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, res := range r.Resources {
		if seen[res.URN] {
			t.Errorf("%s is there twice", res.URN)
		}
		seen[res.URN] = true
		for _, path := range []string{"metadata.name", "metadata.namespace", "spec.selector.app"} {
			if text := res.Text(path); text != "" && text != res.Name {
				t.Errorf("%s of %s is %q", path, res.URN, text)
			}
		}
	}
}
