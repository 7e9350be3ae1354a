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
)

// options are what the provider's configuration sets besides the cluster.
type options struct {
	secrets           bool   // the engine takes secrets
	namespace         string // of objects that name none
	deleteUnreachable bool   // objects of a cluster that is gone count as deleted
}

// clusterIdentifier tells which cluster a kubeconfig is for. While it stays, so does the cluster.
const clusterIdentifier = "clusterIdentifier"

// clusterKeys are the inputs that decide the cluster without an identifier.
var clusterKeys = []resource.PropertyKey{"kubeconfig", "context", "cluster"}

// refusedConfig names the settings that are not covered, each with the value that asks for it ("" is any).
var refusedConfig = map[resource.PropertyKey]string{
	"enableConfigMapMutable": "true",
	"enableSecretMutable":    "true",
	"enableServerSideApply":  "false",
	"helmReleaseSettings":    "",
	"kubeClientSettings":     "",
	"renderYamlToDirectory":  "",
	"skipUpdateUnreachable":  "true",
	"strictMode":             "true",
}

// CheckConfig refuses settings that are not covered. All else is taken as it is.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, err := unmarshal("provider inputs", req.GetNews())
	if err != nil {
		return nil, err
	}
	var failures []*pulumirpc.CheckFailure
	for key, value := range refusedConfig {
		given := news[key]
		if given.IsBool() {
			given = resource.NewStringProperty(fmt.Sprint(given.BoolValue()))
		}
		if given.HasValue() && (value == "" || given.IsString() && given.StringValue() == value) {
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
	olds, err := unmarshal("old provider inputs", req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal("provider inputs", req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, news = withoutSecrets(olds), withoutSecrets(news)
	diff := olds.Diff(news)
	if diff == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}
	if diff.Updated(clusterIdentifier) {
		response.Replaces = append(response.Replaces, clusterIdentifier)
	}
	if unknown := slices.IndexFunc(clusterKeys, func(key resource.PropertyKey) bool { return news[key].IsComputed() }); unknown >= 0 {
		key := string(clusterKeys[unknown])
		response.Diffs = []string{key}
		response.Replaces = append(response.Replaces, key)
	} else if err := diffCluster(response, diff, olds, news); err != nil {
		return nil, err
	}
	if diff.Same(clusterIdentifier) && news.HasValue(clusterIdentifier) {
		response.Replaces = nil
	}
	return response, nil
}

// diffCluster adds what changed, and what of it leads to another cluster.
func diffCluster(response *pulumirpc.DiffResponse, diff *resource.ObjectDiff, olds, news resource.PropertyMap) error {
	for _, key := range diff.ChangedKeys() {
		response.Diffs = append(response.Diffs, string(key))
	}
	slices.Sort(response.Diffs)
	before, err := activeCluster(olds)
	if err != nil {
		return err
	}
	after, err := activeCluster(news)
	if err != nil {
		return err
	}
	if before == nil || after == nil || reflect.DeepEqual(before, after) {
		return nil
	}
	for _, key := range clusterKeys {
		if slices.Contains(response.Diffs, string(key)) {
			response.Replaces = append(response.Replaces, string(key))
		}
	}
	return nil
}

// Configure reads the settings and reaches for the cluster. One that cannot be reached is no error yet: previews compute
// from inputs, and the operations that need it fail.
func (p *provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	//nolint:staticcheck // the engine still sends both forms, and these are the ones that are strings throughout
	settings := config(req.GetVariables())
	p.options = options{
		secrets:           req.GetAcceptSecrets(),
		namespace:         settings.get("namespace"),
		deleteUnreachable: cmp.Or(settings.get("deleteUnreachable"), os.Getenv("PULUMI_K8S_DELETE_UNREACHABLE")) == "true",
	}
	client, namespace, err := settings.client()
	if namespace != "" {
		p.options.namespace = namespace
	}
	if err == nil {
		p.cluster, err = connect(client, p.pace.retry)
	}
	if err != nil {
		p.cluster, p.reason = nil, err.Error()
	}
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets:                   true,
		SupportsPreview:                 true,
		SupportsAutonamingConfiguration: true,
	}, nil
}

// config is the provider's configuration: values by key, those that are not text in JSON.
type config map[string]string

// get returns a setting, "" if it is not set.
func (c config) get(key string) string { return c["kubernetes:config:"+key] }
