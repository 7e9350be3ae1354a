package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Annotations by which a program steers the plug-in. They are stored with the object.
const (
	annotationAutonamed = "pulumi.com/autonamed"
	annotationSkipAwait = "pulumi.com/skipAwait"
	annotationForce     = "pulumi.com/patchForce"
)

// rule is what the official plug-in knows of a kind.
type rule struct {
	clusterScoped bool
	// replaces are the fields whose change replaces the object: those that the server does not let change, and the data
	// of ConfigMaps and Secrets, so that what uses them rolls.
	replaces []string
}

// kinds are the kinds that are covered: Deployments and Services, which are waited for, and those that are ready once they
// exist.
var kinds = map[schema.GroupKind]rule{
	{Kind: "ConfigMap"}:      {replaces: []string{"binaryData", "data"}},
	{Kind: "LimitRange"}:     {},
	{Kind: "Namespace"}:      {clusterScoped: true},
	{Kind: "Secret"}:         {replaces: []string{"data", "stringData", "type"}},
	{Kind: "Service"}:        {replaces: []string{"spec.clusterIP"}},
	{Kind: "ServiceAccount"}: {},

	{Group: "apps", Kind: "Deployment"}:                     {replaces: []string{"spec.selector"}},
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: {},
	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}:     {},
	{Group: "policy", Kind: "PodDisruptionBudget"}:          {},

	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:        {clusterScoped: true},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {clusterScoped: true, replaces: []string{"roleRef"}},
	{Group: "rbac.authorization.k8s.io", Kind: "Role"}:               {},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {replaces: []string{"roleRef"}},
}

// kindOf reads group, version and kind from a type token such as kubernetes:apps/v1:Deployment or
// kubernetes:core/v1:Service, and refuses kinds that are not covered.
func kindOf(urn resource.URN) (schema.GroupVersionKind, error) {
	token := urn.Type()
	group, version, _ := strings.Cut(string(token.Module().Name()), "/")
	if group == "core" {
		group = ""
	}
	kind := schema.GroupVersionKind{Group: group, Version: version, Kind: string(token.Name())}
	if _, ok := kinds[kind.GroupKind()]; !ok {
		return kind, uncovered(fmt.Sprintf("the type %s", token))
	}
	return kind, nil
}

// coveredAnnotations refuses those that change official behaviour in ways that are not covered.
func coveredAnnotations(object *unstructured.Unstructured) error {
	covered := []string{annotationAutonamed, annotationSkipAwait, annotationForce}
	for key := range object.GetAnnotations() {
		if strings.HasPrefix(key, "pulumi.com/") && !slices.Contains(covered, key) {
			return uncovered("the annotation " + key)
		}
	}
	return nil
}

// replaces tells whether a change at a property path of the kind replaces the object.
func replaces(kind schema.GroupKind, path string) bool {
	fields := append([]string{"metadata.name", "metadata.namespace"}, kinds[kind].replaces...)
	return slices.ContainsFunc(fields, func(field string) bool {
		rest, within := strings.CutPrefix(path, field)
		return within && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}
