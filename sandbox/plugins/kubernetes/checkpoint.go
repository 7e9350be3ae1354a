package kubernetes

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A resource's outputs are the live object's fields and these three: what it was applied from, its API version, and the
// name that server-side apply knows it by. The keys are the official ones, so that a state outlives a change of plug-in.
const (
	inputsKey       = "__inputs"
	apiVersionKey   = "__initialApiVersion"
	fieldManagerKey = "__fieldManager"
)

// checkpoint is what the engine keeps of the live object. Values that were secret inputs stay secret.
func checkpoint(live *unstructured.Unstructured, inputs resource.PropertyMap, manager string) (*structpb.Struct, error) {
	state := resource.NewPropertyMapFromMap(live.Object)
	markSecrets(state, inputs)
	state[inputsKey] = resource.NewObjectProperty(inputs)
	state[apiVersionKey] = inputs["apiVersion"]
	state[fieldManagerKey] = resource.NewStringProperty(manager)
	return marshal(state)
}

// parseCheckpoint takes a state apart again.
func parseCheckpoint(state resource.PropertyMap) (inputs, live *unstructured.Unstructured) {
	live = toObject(state)
	applied, ok := live.Object[inputsKey].(map[string]any)
	if !ok {
		applied = map[string]any{}
	}
	delete(live.Object, inputsKey)
	return &unstructured.Unstructured{Object: applied}, live
}

// managerOf is the field manager of the object: as kept, else a new one. Each object has its own, so that two programs
// that apply the same object see each other's fields.
func managerOf(state resource.PropertyMap) (string, error) {
	if manager := state[fieldManagerKey]; manager.IsString() {
		return manager.StringValue(), nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", 0, 0, nil)
}

// partial is the error of an operation after which the object exists but is not ready. The engine keeps the state and the
// reasons, the first of which sums up the others.
func partial(id string, state, inputs *structpb.Struct, reasons []string) error {
	detail := &pulumirpc.ErrorResourceInitFailed{Id: id, Properties: state, Inputs: inputs, Reasons: reasons}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, reasons[0]), detail)
}

// markSecrets makes secret what was secret in the inputs, and all of a Secret's data. A list is secret as a whole where
// an element was: the server may have moved it.
func markSecrets(outputs, inputs resource.PropertyMap) {
	if kind := outputs["kind"]; kind.IsString() && kind.StringValue() == "Secret" {
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if data, ok := outputs[key]; ok {
				outputs[key] = resource.MakeSecret(data)
			}
		}
	}
	for key, input := range inputs {
		output, ok := outputs[key]
		switch {
		case !ok || output.IsSecret():
		case output.IsObject() && input.IsObject():
			markSecrets(output.ObjectValue(), input.ObjectValue())
		case input.ContainsSecrets():
			outputs[key] = resource.MakeSecret(output)
		}
	}
}
