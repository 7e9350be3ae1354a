package kubernetes

import (
	"reflect"
	"strings"
	"testing"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
)

// TestTheOfficialSDKHasTheProperties walks the official Go types along every property that the plug-in or the program
// relies on.
func TestTheOfficialSDKHasTheProperties(t *testing.T) {
	t.Parallel()
	for kind, paths := range map[reflect.Type][]string{
		reflect.TypeFor[appsv1.DeploymentType](): {
			"apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.annotations", "metadata.managedFields",
			"spec.replicas", "spec.selector.matchLabels", "spec.template.spec.containers.image",
			"status.observedGeneration", "status.updatedReplicas", "status.availableReplicas", "status.conditions.reason",
		},
		reflect.TypeFor[corev1.ServiceType](): {
			"apiVersion", "kind", "metadata.name", "spec.type", "spec.selector", "spec.clusterIP", "spec.ports.nodePort",
			"status.loadBalancer.ingress",
		},
		reflect.TypeFor[corev1.SecretType]():    {"data", "stringData", "type"},
		reflect.TypeFor[corev1.ConfigMapType](): {"data", "binaryData"},
		reflect.TypeFor[corev1.NamespaceType](): {"apiVersion", "kind", "metadata.name", "metadata.labels"},
	} {
		if len(paths) == 0 {
			t.Errorf("%s has no paths", kind)
		}
		for _, path := range paths {
			if !hasProperty(kind, strings.Split(path, ".")) {
				t.Errorf("%s has no property %s", kind, path)
			}
		}
	}
}

// hasProperty follows a path of property names through structs, lists and pointers.
func hasProperty(kind reflect.Type, path []string) bool {
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	}
	if len(path) == 0 {
		return true
	}
	if kind.Kind() != reflect.Struct {
		return false
	}
	for i := range kind.NumField() {
		if field := kind.Field(i); field.Tag.Get("pulumi") == path[0] {
			return hasProperty(field.Type, path[1:])
		}
	}
	return false
}
