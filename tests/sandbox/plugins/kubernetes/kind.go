package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// Annotations by which a program steers the plug-in. They are stored with the object.
const (
	annotationAutonamed = "pulumi.com/autonamed"
	annotationSkipAwait = "pulumi.com/skipAwait"
	annotationTimeout   = "pulumi.com/timeoutSeconds"
	annotationForce     = "pulumi.com/patchForce"
	annotationManager   = "pulumi.com/patchFieldManager"
	annotationDeletion  = "pulumi.com/deletionPropagationPolicy"
)

// refusedAnnotations change official behaviour in ways that are not covered.
var refusedAnnotations = []string{"pulumi.com/waitFor", "pulumi.com/replaceUnready"}

// refusedKinds are those with official rules of their own that are not covered.
var refusedKinds = []string{"CustomResourceDefinition", "Pod", "PersistentVolume"}

// awaitedKinds are those that the official plug-in waits for and this one does not: a program has to say that it does not
// want to wait.
var awaitedKinds = []string{
	"DaemonSet", "Ingress", "Job", "PersistentVolumeClaim", "ReplicationController", "ResourceQuota", "StatefulSet",
}

// kindOf reads group, version and kind from a type token such as kubernetes:apps/v1:Deployment or
// kubernetes:core/v1:Service.
func kindOf(urn resource.URN) (schema.GroupVersionKind, error) {
	token := urn.Type()
	group, version, ok := strings.Cut(string(token.Module().Name()), "/")
	if string(token.Package()) != "kubernetes" || !ok {
		return schema.GroupVersionKind{}, fmt.Errorf("%s is no type of the form kubernetes:group/version:Kind", token)
	}
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: string(token.Name())}, nil
}

// covered refuses what only the official plug-in does right.
func covered(kind schema.GroupVersionKind, inputs *unstructured.Unstructured) error {
	builtIn := scheme.Scheme.IsGroupRegistered(kind.Group)
	switch {
	case slices.Contains(refusedKinds, kind.Kind),
		kind.Group == "helm.sh",
		builtIn && strings.HasSuffix(kind.Kind, "Patch"),
		builtIn && strings.HasSuffix(kind.Kind, "List"):
		return uncovered("the kind " + kind.String())
	case builtIn && slices.Contains(awaitedKinds, kind.Kind) && annotation(inputs, annotationSkipAwait) != "true":
		return uncovered(fmt.Sprintf("waiting for a %s (the annotation %s: \"true\" does without)", kind.Kind, annotationSkipAwait))
	case kind.Kind == "Secret" && inputs.Object["type"] == "kubernetes.io/service-account-token":
		return uncovered("waiting for the token of a service account")
	}
	for _, key := range refusedAnnotations {
		if annotation(inputs, key) != "" {
			return uncovered("the annotation " + key)
		}
	}
	return nil
}

// clusterScoped are the built-in kinds without a namespace.
var clusterScoped = []string{
	"APIService", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "CSIDriver", "CSINode", "FlowSchema",
	"IngressClass", "MutatingWebhookConfiguration", "Namespace", "Node", "PriorityClass", "PriorityLevelConfiguration",
	"RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
	"ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeAttributesClass",
}

// namespaced tells whether objects of the kind live in a namespace. The cluster is asked for kinds that are not built in;
// those that it does not know either are taken for namespaced.
func (p *provider) namespaced(kind schema.GroupVersionKind) bool {
	if scheme.Scheme.Recognizes(kind) {
		return !slices.Contains(clusterScoped, kind.Kind)
	}
	if p.cluster == nil {
		return true
	}
	mapping, err := p.cluster.mapping(kind)
	return err != nil || mapping.Scope.Name() == "namespace"
}

// immutable are the fields, by group and kind, whose change replaces the object: those that the server does not let change,
// and the data of ConfigMaps and Secrets, so that what uses them rolls.
var immutable = map[schema.GroupKind][]string{
	{Group: "apps", Kind: "DaemonSet"}:  {"spec.selector"},
	{Group: "apps", Kind: "Deployment"}: {"spec.selector"},
	{Group: "apps", Kind: "StatefulSet"}: {
		"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates",
	},
	{Group: "batch", Kind: "Job"}:   {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	{Kind: "ConfigMap"}:             {"binaryData", "data"},
	{Kind: "PersistentVolumeClaim"}: {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	{Kind: "ResourceQuota"}:         {"spec.scopes"},
	{Kind: "Secret"}:                {"data", "stringData", "type"},
	{Kind: "Service"}:               {"spec.clusterIP"},

	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {"roleRef"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {"roleRef"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                  {"parameters", "provisioner"},
}

// replaces tells whether a change at a property path of the kind replaces the object.
func replaces(kind schema.GroupKind, path string) bool {
	fields := append([]string{"metadata.name", "metadata.namespace"}, immutable[kind]...)
	return slices.ContainsFunc(fields, func(field string) bool { return within(path, field) })
}
