package kubernetes

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// errKubeconfig says nothing of the text, which holds credentials.
var errKubeconfig = errors.New("kubeconfig is neither the path of a file nor a kubeconfig in YAML or JSON")

// parseKubeconfig reads a kubeconfig given as text or as the path of a file; "" is an empty one.
func parseKubeconfig(pathOrText string) (*api.Config, error) {
	if rest, ok := strings.CutPrefix(pathOrText, "~"); ok && (rest == "" || rest[0] == '/') {
		if home, err := os.UserHomeDir(); err == nil {
			pathOrText = filepath.Join(home, rest)
		}
	}
	text := []byte(pathOrText)
	if _, err := os.Stat(pathOrText); err == nil {
		if text, err = os.ReadFile(pathOrText); err != nil {
			return nil, err
		}
	}
	parsed, err := clientcmd.Load(text)
	if err != nil {
		return nil, errKubeconfig
	}
	return parsed, nil
}

// activeCluster is the cluster that the provider's inputs lead to: server, certificate authority and so on. It is nil
// where they lead to none.
func activeCluster(inputs resource.PropertyMap) (*api.Cluster, error) {
	var text string
	switch kubeconfig := inputs["kubeconfig"]; {
	case kubeconfig.IsNull():
		return nil, nil
	case kubeconfig.IsString():
		text = kubeconfig.StringValue()
	case kubeconfig.IsObject():
		encoded, err := json.Marshal(kubeconfig.ObjectValue().MapRepl(nil, revealed))
		if err != nil {
			return nil, errKubeconfig
		}
		text = string(encoded)
	default:
		return nil, errKubeconfig
	}
	parsed, err := parseKubeconfig(text)
	if err != nil {
		return nil, err
	}
	current := parsed.Contexts[textOr(inputs["context"], parsed.CurrentContext)]
	if current == nil {
		return nil, nil
	}
	return parsed.Clusters[textOr(inputs["cluster"], current.Cluster)], nil
}

func textOr(value resource.PropertyValue, fallback string) string {
	if value.IsString() {
		return value.StringValue()
	}
	return fallback
}

// withoutSecrets returns the properties with secrets as plain values, to compare.
func withoutSecrets(properties resource.PropertyMap) resource.PropertyMap {
	plain := resource.PropertyMap{}
	for key, value := range properties {
		if value.IsSecret() {
			value = value.SecretValue().Element
		}
		plain[key] = value
	}
	return plain
}

// client returns how to reach the cluster, and the namespace that its context sets. Without a kubeconfig it is looked for
// where kubectl does.
func (c config) client() (*rest.Config, string, error) {
	overrides := &clientcmd.ConfigOverrides{
		Context:        api.Context{Cluster: c.get("cluster"), Namespace: c.get("namespace")},
		CurrentContext: c.get("context"),
	}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides)
	if text := c.get("kubeconfig"); text != "" {
		parsed, err := parseKubeconfig(text)
		if err != nil {
			return nil, "", err
		}
		loader = clientcmd.NewDefaultClientConfig(*parsed, overrides)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		namespace = ""
	}
	client, err := loader.ClientConfig()
	if err != nil {
		return nil, namespace, err
	}
	return client, namespace, nil
}
