package kubernetes

import (
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// cluster is a cluster that answered.
type cluster struct {
	objects dynamic.Interface
	kinds   meta.ResettableRESTMapper
}

// connect reaches for the cluster; refused connections are tried again after the pause. The limits are the official ones,
// which leave out that requests time out.
func connect(config *rest.Config, pause time.Duration) (*cluster, error) {
	config.Burst, config.QPS, config.Timeout = 120, 50, 30*time.Second
	config.WarningHandler = rest.NoWarnings{}
	config.UserAgent = "pulumi-kubernetes/" + Version
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return &retrying{next: next, attempts: 5, pause: pause}
	})
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	found, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	if _, err := found.ServerVersion(); err != nil {
		return nil, err
	}
	return &cluster{objects: objects, kinds: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found))}, nil
}

// client returns the client for the object's kind and namespace.
func (c *cluster) client(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapping(object.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	resources := c.objects.Resource(mapping.Resource)
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return resources, nil
	}
	return resources.Namespace(namespaceOf(object)), nil
}

// mapping asks the server what serves a kind, anew where it served none: a definition may have come since.
func (c *cluster) mapping(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := c.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		c.kinds.Reset()
		mapping, err = c.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("find what serves %s: %w", kind, err)
	}
	return mapping, nil
}

// serves tells whether the cluster is there and has the kind.
func (c *cluster) serves(kind schema.GroupVersionKind) bool {
	if c == nil {
		return false
	}
	_, err := c.mapping(kind)
	return err == nil
}

// namespaceOf is the object's namespace, which is default where it names none.
func namespaceOf(object *unstructured.Unstructured) string {
	if namespace := object.GetNamespace(); namespace != "" {
		return namespace
	}
	return "default"
}

// retrying sends a request again when the connection is refused: an API server that restarts is back within seconds.
type retrying struct {
	next     http.RoundTripper
	attempts int
	pause    time.Duration
}

// RoundTrip implements http.RoundTripper.
func (r *retrying) RoundTrip(request *http.Request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		response, err := r.next.RoundTrip(request)
		spent := request.Body != nil && request.GetBody == nil
		if !errors.Is(err, syscall.ECONNREFUSED) || attempt == r.attempts || spent {
			return response, err
		}
		select {
		case <-request.Context().Done():
			return nil, err
		case <-time.After(r.pause):
		}
		if request.GetBody == nil {
			continue
		}
		body, bodyErr := request.GetBody()
		if bodyErr != nil {
			return nil, err
		}
		request = request.Clone(request.Context())
		request.Body = body
	}
}
