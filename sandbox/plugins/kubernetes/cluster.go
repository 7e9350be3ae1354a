package kubernetes

import (
	"context"
	"errors"
	"net"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// errKubeconfig says nothing of the text, which holds credentials.
var errKubeconfig = errors.New("kubeconfig is no kubeconfig in YAML or JSON")

// cluster is a cluster that answered.
type cluster struct {
	dynamic.Interface
}

// connect reaches for the cluster. The limits are the official ones, which leave out that requests time out.
func connect(kubeconfig string, pause time.Duration) (*cluster, error) {
	config, err := clientcmd.RESTConfigFromKubeConfig([]byte(kubeconfig))
	if err != nil {
		return nil, errKubeconfig
	}
	config.Burst, config.QPS, config.Timeout = 120, 50, 30*time.Second
	config.WarningHandler = rest.NoWarnings{}
	config.UserAgent = "pulumi-kubernetes/" + Version
	config.Dial = patient(pause)
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	server, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	if _, err := server.ServerVersion(); err != nil {
		return nil, err
	}
	return &cluster{objects}, nil
}

// patient dials again, after a pause, where the connection is refused: an API server that restarts is back within seconds.
func patient(pause time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var conn net.Conn
		var failure error
		tries := wait.Backoff{Duration: pause, Factor: 1, Steps: 5}
		err := wait.ExponentialBackoffWithContext(ctx, tries, func(ctx context.Context) (bool, error) {
			conn, failure = (&net.Dialer{}).DialContext(ctx, network, address)
			return !utilnet.IsConnectionRefused(failure), nil
		})
		if failure != nil {
			return nil, failure
		}
		return conn, err
	}
}

// client returns the client for the object's kind and namespace.
func (c *cluster) client(object *unstructured.Unstructured) dynamic.ResourceInterface {
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	return c.Resource(resource).Namespace(object.GetNamespace())
}

// get returns the live object.
func (c *cluster) get(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return c.client(object).Get(ctx, object.GetName(), metav1.GetOptions{})
}
