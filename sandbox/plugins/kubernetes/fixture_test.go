package kubernetes

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	deploymentURN = "urn:pulumi:s::p::kubernetes:apps/v1:Deployment::hello"
	serviceURN    = "urn:pulumi:s::p::kubernetes:core/v1:Service::hello"
	secretURN     = "urn:pulumi:s::p::kubernetes:core/v1:Secret::hello"
	configMapURN  = "urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::hello"
	namespaceURN  = "urn:pulumi:s::p::kubernetes:core/v1:Namespace::hello"

	deploymentPlace = "apis/apps/v1/namespaces/default/deployments/hello"
	servicePlace    = "api/v1/namespaces/default/services/hello"
	namespacePlace  = "api/v1/namespaces/hello"
)

const deploymentText = `{"apiVersion": "apps/v1", "kind": "Deployment",
"metadata": {"name": "hello", "namespace": "default", "labels": {"app": "hello", "a.b/c": "d"}},
"spec": {"replicas": 3, "selector": {"matchLabels": {"app": "hello"}},
 "template": {"metadata": {"labels": {"app": "hello"}},
  "spec": {"containers": [{"name": "c", "image": "hello:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
   "resources": {"requests": {"cpu": "1000m"}}}]}}}}`

const serviceText = `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hello", "namespace": "default"},
"spec": {"type": "NodePort", "selector": {"app": "hello"}, "ports": [{"name": "http", "port": 80, "targetPort": 3000}]}}`

// fixture is a provider that is configured for a server of its own, and looks fast.
type fixture struct {
	*provider
	t      *testing.T
	server *apiServer
	notes  notes
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, server: startAPIServer(t)}
	f.provider = newProvider(t.Context())
	f.engine = &f.notes
	f.pace = pace{look: time.Millisecond, settle: 20 * time.Millisecond}
	f.configure(map[string]string{"kubeconfig": f.server.kubeconfig()})
	if f.cluster == nil {
		t.Fatalf("the cluster is not reached: %s", f.reason)
	}
	return f
}

func (f *fixture) configure(settings map[string]string) {
	f.t.Helper()
	variables := map[string]string{}
	for key, value := range settings {
		variables["kubernetes:config:"+key] = value
	}
	if _, err := f.Configure(f.t.Context(), &pulumirpc.ConfigureRequest{Variables: variables, AcceptSecrets: true}); err != nil {
		f.t.Fatal(err)
	}
}

// notes collects what the engine is told.
type notes struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (n *notes) LogStatus(_ context.Context, _ diag.Severity, _ resource.URN, message string) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.text.WriteString(message + "\n")
	return nil
}

func (n *notes) String() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.text.String()
}

// properties reads JSON; the value unknown in it stands for one that is not known yet.
func properties(t *testing.T, text string) resource.PropertyMap {
	t.Helper()
	value := map[string]any{}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return resource.NewPropertyMapFromMapRepl(value, nil, func(v any) (resource.PropertyValue, bool) {
		return resource.MakeComputed(resource.NewStringProperty("")), v == "unknown"
	})
}

func wire(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	written, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func unwire(t *testing.T, written *structpb.Struct) resource.PropertyMap {
	t.Helper()
	_, read, err := unmarshal(nil, written)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// at returns the value at a property path, null if there is none.
func at(t *testing.T, properties resource.PropertyMap, text string) resource.PropertyValue {
	t.Helper()
	path, err := resource.ParsePropertyPath(text)
	if err != nil {
		t.Fatal(err)
	}
	value, _ := path.Get(resource.NewObjectProperty(properties))
	return value
}

// check returns the checked inputs, and fails on failures.
func (f *fixture) check(urn, olds, news string) resource.PropertyMap {
	f.t.Helper()
	response, err := f.Check(f.t.Context(), &pulumirpc.CheckRequest{
		Urn: urn, Olds: wire(f.t, properties(f.t, olds)), News: wire(f.t, properties(f.t, news)), RandomSeed: []byte("seed"),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if len(response.Failures) > 0 {
		f.t.Fatalf("check failed: %v", response.Failures)
	}
	return unwire(f.t, response.Inputs)
}

// create checks and creates, and returns inputs and state.
func (f *fixture) create(urn, news string) (inputs, state resource.PropertyMap) {
	f.t.Helper()
	inputs = f.check(urn, "{}", news)
	response, err := f.Create(f.t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: wire(f.t, inputs), Timeout: 5})
	if err != nil {
		f.t.Fatal(err)
	}
	return inputs, unwire(f.t, response.Properties)
}

// diff compares a state with inputs.
func (f *fixture) diff(urn string, state, news resource.PropertyMap) *pulumirpc.DiffResponse {
	f.t.Helper()
	response, err := f.Diff(f.t.Context(), &pulumirpc.DiffRequest{
		Urn: urn, Olds: wire(f.t, state), News: wire(f.t, news),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return response
}

// initFailure is what an error says of an object that is there but not ready.
func initFailure(t *testing.T, err error) *pulumirpc.ErrorResourceInitFailed {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, detail := range rpcerror.Convert(err).Details() {
		if failure, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return failure
		}
	}
	t.Fatalf("not an initialization failure: %v", err)
	return nil
}

// defaults fills in some of what a server does.
func defaults(_, next *unstructured.Unstructured) {
	merge(next.Object, map[string]any{
		"metadata": map[string]any{"creationTimestamp": "2026-01-01T00:00:00Z"},
		"spec":     map[string]any{"progressDeadlineSeconds": int64(600), "clusterIP": "10.96.0.7"},
	})
}

// healthy plays controllers and kubelet on a good day: pods are ready and behind the Service at once.
func healthy(s *apiServer, object *unstructured.Unstructured) {
	switch object.GetKind() {
	case "Deployment":
		rollOut(object, 3)
	case "Service":
		object.Object["spec"].(map[string]any)["ports"].([]any)[0].(map[string]any)["nodePort"] = int64(30080)
		s.put("api/v1/namespaces/default/endpoints/hello", &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Endpoints", "metadata": map[string]any{"name": "hello"},
			"subsets": []any{map[string]any{"addresses": []any{map[string]any{"ip": "10.244.1.2"}}}},
		}})
	}
}

// rollOut writes the status of a Deployment whose pods are all of the current revision, and so many of them available.
func rollOut(deployment *unstructured.Unstructured, available int64) {
	wanted, _, _ := unstructured.NestedFieldNoCopy(deployment.Object, "spec", "replicas")
	condition := "True"
	if available == 0 {
		condition = "False"
	}
	deployment.Object["status"] = map[string]any{
		"observedGeneration": deployment.GetGeneration(),
		"replicas":           wanted, "updatedReplicas": wanted, "availableReplicas": available,
		"conditions": []any{map[string]any{
			"type": "Available", "status": condition, "reason": "MinimumReplicas", "message": "as many as there are",
		}},
	}
}
