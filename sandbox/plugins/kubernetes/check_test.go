package kubernetes

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestCheckCompletesInputs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	checked := f.check(serviceURN, "{}", `{"metadata": {"name": "hello"}, "spec": {"ports": [{"port": 80}]}}`)
	for path, want := range map[string]string{
		"apiVersion": "v1", "kind": "Service", "metadata.name": "hello", "metadata.namespace": "default",
	} {
		if got := at(t, checked, path); !got.IsString() || got.StringValue() != want {
			t.Errorf("%s is %v, want %s", path, got, want)
		}
	}
	if at(t, checked, "metadata.labels").HasValue() {
		t.Error("labels are set: server-side apply has none of its own")
	}
}

func TestCheckGivesInputsTheServersForm(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	checked := f.check(deploymentURN, "{}", deploymentText)
	if got := at(t, checked, "spec.template.spec.containers[0].resources.requests.cpu").StringValue(); got != "1" {
		t.Errorf("cpu is %s, want 1", got)
	}
	if at(t, checked, "status").HasValue() || at(t, checked, "spec.strategy").HasValue() {
		t.Error("the inputs have fields that the program did not set")
	}
}

func TestCheckPutsObjectsWhereTheyBelong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if at(t, f.check(namespaceURN, "{}", `{"metadata": {"name": "n"}}`), "metadata.namespace").HasValue() {
		t.Error("a Namespace was put into a namespace")
	}
	if at(t, f.check(configMapURN, "{}", `{"metadata": {"name": "n", "namespace": "unknown"}}`), "metadata.namespace").IsString() {
		t.Error("a namespace that is not known yet was replaced")
	}
}

func TestCheckNamesObjectsWithoutAName(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.check(configMapURN, "{}", `{"data": {"a": "b"}}`)
	name := at(t, first, "metadata.name").StringValue()
	if !strings.HasPrefix(name, "hello-") || len(name) != len("hello-")+8 {
		t.Errorf("the name is %q, want hello- and eight characters", name)
	}
	if !at(t, first, `metadata.annotations["pulumi.com/autonamed"]`).HasValue() {
		t.Error("the object is not marked as named by Pulumi")
	}
	again := f.check(configMapURN, `{"metadata": {"name": "hello-old", "annotations": {"pulumi.com/autonamed": "true"}}}`, `{"data": {"a": "c"}}`)
	if got := at(t, again, "metadata.name").StringValue(); got != "hello-old" {
		t.Errorf("the name changed to %s", got)
	}
	unknown := f.check(configMapURN, "{}", `{"metadata": {"name": "unknown"}}`)
	if !at(t, unknown, "metadata.name").IsComputed() {
		t.Error("a name that is not known yet was replaced")
	}
}

func TestCheckMarksSecrets(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	checked := f.check(secretURN, "{}", `{"metadata": {"name": "s"}, "stringData": {"password": "hunter2"}}`)
	data := checked["data"]
	if !data.IsSecret() {
		t.Fatalf("data is %v, want a secret", data)
	}
	if got := data.SecretValue().Element.ObjectValue()["password"].StringValue(); got != "aHVudGVyMg==" {
		t.Errorf("password is %s, want base64", got)
	}
	image := properties(t, deploymentText)
	image["metadata"].ObjectValue()["labels"] = resource.MakeSecret(image["metadata"].ObjectValue()["labels"])
	response, err := f.Check(t.Context(), &pulumirpc.CheckRequest{Urn: deploymentURN, News: wire(t, image)})
	if err != nil {
		t.Fatal(err)
	}
	if !at(t, unwire(t, response.Inputs), "metadata.labels").IsSecret() {
		t.Error("a secret input became plain")
	}
}

func TestCheckFailures(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, test := range map[string]struct{ urn, news, property string }{
		"another kind than the type's": {serviceURN, `{"kind": "Secret", "metadata": {"name": "a"}}`, "kind"},
		"another version":              {serviceURN, `{"apiVersion": "v2", "metadata": {"name": "a"}}`, "apiVersion"},
		"a name made by the server":    {serviceURN, `{"metadata": {"generateName": "a-"}}`, "metadata.generateName"},
	} {
		response, err := f.Check(t.Context(), &pulumirpc.CheckRequest{Urn: test.urn, News: wire(t, properties(t, test.news))})
		if err != nil || len(response.Failures) != 1 || response.Failures[0].Property != test.property {
			t.Errorf("%s: failures %v and error %v, want a failure of %s", name, response.GetFailures(), err, test.property)
		}
	}
}

func TestCheckRefusesWhatIsNotCovered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	named := `{"metadata": {"name": "a"}}`
	for name, test := range map[string]struct {
		token, news string
		covered     bool
	}{
		"a Role":                    {"rbac.authorization.k8s.io/v1:Role", named, true},
		"a Job":                     {"batch/v1:Job", named, false},
		"a Pod":                     {"core/v1:Pod", named, false},
		"a chart":                   {"helm.sh/v3:Release", named, false},
		"a patch":                   {"core/v1:ConfigMapPatch", named, false},
		"a list":                    {"core/v1:ConfigMapList", named, false},
		"a custom resource":         {"example.com/v1:Thing", named, false},
		"an annotation to wait for": {"core/v1:ConfigMap", `{"metadata": {"name": "a", "annotations": {"pulumi.com/waitFor": "x"}}}`, false},
	} {
		_, err := f.Check(t.Context(), &pulumirpc.CheckRequest{
			Urn: "urn:pulumi:s::p::kubernetes:" + test.token + "::a", News: wire(t, properties(t, test.news)),
		})
		if (err == nil) != test.covered {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
