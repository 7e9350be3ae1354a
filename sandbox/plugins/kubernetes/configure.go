package kubernetes

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

const (
	kubeconfigKey = "kubeconfig"
	// identifierKey tells which cluster a kubeconfig is for. While it stays, so does the cluster.
	identifierKey = "clusterIdentifier"
	// unreachableKey drops objects of a cluster that is gone from the state.
	unreachableKey = "deleteUnreachable"
)

// settings are the provider's inputs that are covered, and the one that the engine adds.
var settings = []resource.PropertyKey{kubeconfigKey, identifierKey, unreachableKey, "version"}

// CheckConfig asks for a kubeconfig and refuses settings that are not covered. All else is taken as it is.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	_, news, err := unmarshal(nil, req.GetNews())
	if err != nil {
		return nil, err
	}
	var failures []*pulumirpc.CheckFailure
	if !news.HasValue(kubeconfigKey) {
		failures = append(failures, &pulumirpc.CheckFailure{
			Property: kubeconfigKey, Reason: uncovered("a provider without a kubeconfig of its own").Error(),
		})
	}
	for _, key := range news.StableKeys() {
		if !slices.Contains(settings, key) {
			reason := uncovered("the provider's " + string(key)).Error()
			failures = append(failures, &pulumirpc.CheckFailure{Property: string(key), Reason: reason})
		}
	}
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: failures}, nil
}

// DiffConfig replaces the provider, and with it every object, where the cluster is another one. With an identifier that
// stays, nothing else replaces; one that changes always does. Without, the active cluster of the kubeconfig decides, and
// one that is not known yet counts as another.
func (p *provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, news, err := unmarshal(req.GetOlds(), req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, news = plain(olds), plain(news)
	diff := olds.Diff(news)
	if diff == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}
	for _, key := range diff.ChangedKeys() {
		response.Diffs = append(response.Diffs, string(key))
	}
	slices.Sort(response.Diffs)
	switch {
	case diff.Updated(identifierKey):
		response.Replaces = []string{identifierKey}
	case news.HasValue(identifierKey) && diff.Same(identifierKey):
	case !sameCluster(olds[kubeconfigKey], news[kubeconfigKey]):
		response.Replaces = []string{kubeconfigKey}
	}
	return response, nil
}

// sameCluster tells whether two kubeconfigs lead to one cluster: server, certificate authority and so on. One that leads
// nowhere is no other cluster.
func sameCluster(before, after resource.PropertyValue) bool {
	if after.IsComputed() {
		return false
	}
	old, current := activeCluster(before), activeCluster(after)
	return old == nil || current == nil || reflect.DeepEqual(old, current)
}

func activeCluster(kubeconfig resource.PropertyValue) *api.Cluster {
	if !kubeconfig.IsString() {
		return nil
	}
	parsed, err := clientcmd.Load([]byte(kubeconfig.StringValue()))
	if err != nil {
		return nil
	}
	current := parsed.Contexts[parsed.CurrentContext]
	if current == nil {
		return nil
	}
	return parsed.Clusters[current.Cluster]
}

// Configure reads the settings and reaches for the cluster. One that cannot be reached is no error yet: previews compute
// from inputs, and the operations that need it fail.
func (p *provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	//nolint:staticcheck // the engine still sends both forms, and these are the ones that are strings throughout
	variables := req.GetVariables()
	p.deleteUnreachable = cmp.Or(variables["kubernetes:config:"+unreachableKey], os.Getenv("PULUMI_K8S_DELETE_UNREACHABLE")) == "true"
	p.cluster, p.reason = connect(variables["kubernetes:config:"+kubeconfigKey], p.pace.look)
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets:                   true,
		SupportsPreview:                 true,
		SupportsAutonamingConfiguration: true,
	}, nil
}

// unreachable is the error of an operation that needs the cluster. It names the remedy for one that is gone for good.
func (p *provider) unreachable() error {
	return fmt.Errorf("the Kubernetes cluster is unreachable: %w. If it was deleted, run again with the environment variable "+
		"PULUMI_K8S_DELETE_UNREACHABLE=true, and what was on it is dropped from the state", p.reason)
}
