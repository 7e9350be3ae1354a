package kubernetes

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// apiServer is the part of an API server that the plug-in talks to. Server-side apply merges maps and replaces lists; what
// an apply leaves out stays. Objects are kept by their path.
type apiServer struct {
	*httptest.Server
	mutex   sync.Mutex
	objects map[string]*unstructured.Unstructured
	version int
	applies []*http.Request                                // in order, dry runs among them
	refuse  func(*http.Request) *metav1.Status             // answers instead of the server, if it returns something
	react   func(*apiServer, *unstructured.Unstructured)   // plays the controllers after an apply; may call put
	admit   func(live, applied *unstructured.Unstructured) // plays defaulting before it
}

// served are the resources by group and version.
var served = map[string][]metav1.APIResource{
	"api/v1": {
		{Name: "services", Kind: "Service", Namespaced: true}, {Name: "endpoints", Kind: "Endpoints", Namespaced: true},
		{Name: "pods", Kind: "Pod", Namespaced: true}, {Name: "events", Kind: "Event", Namespaced: true},
		{Name: "secrets", Kind: "Secret", Namespaced: true}, {Name: "configmaps", Kind: "ConfigMap", Namespaced: true},
		{Name: "namespaces", Kind: "Namespace"},
	},
	"apis/apps/v1": {
		{Name: "deployments", Kind: "Deployment", Namespaced: true}, {Name: "replicasets", Kind: "ReplicaSet", Namespaced: true},
	},
}

func startAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{objects: map[string]*unstructured.Unstructured{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// kubeconfig leads to the server.
func (s *apiServer) kubeconfig() string { return kubeconfigFor(s.URL) }

func kubeconfigFor(url string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
clusters: [{name: c, cluster: {server: %q}}], users: [{name: u, user: {token: s3cr3t-t0ken}}]}`, url)
}

// ServeHTTP implements http.Handler.
func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	w.Header().Set("Content-Type", "application/json")
	place := strings.Trim(r.URL.Path, "/")
	if s.refuse != nil {
		if status := s.refuse(r); status != nil {
			status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
			status.Status = metav1.StatusFailure
			answer(w, int(status.Code), status)
			return
		}
	}
	if s.discover(w, place) {
		return
	}
	switch r.Method {
	case http.MethodGet:
		s.get(w, place)
	case http.MethodPatch:
		s.patch(w, r, place)
	case http.MethodDelete:
		s.delete(w, place)
	}
}

func (s *apiServer) discover(w http.ResponseWriter, place string) bool {
	switch place {
	case "version":
		answer(w, http.StatusOK, map[string]string{"major": "1", "minor": "37", "gitVersion": "v1.37.2"})
	case "api":
		answer(w, http.StatusOK, metav1.APIVersions{Versions: []string{"v1"}})
	case "apis":
		apps := metav1.GroupVersionForDiscovery{GroupVersion: "apps/v1", Version: "v1"}
		answer(w, http.StatusOK, metav1.APIGroupList{Groups: []metav1.APIGroup{
			{Name: "apps", Versions: []metav1.GroupVersionForDiscovery{apps}, PreferredVersion: apps},
		}})
	default:
		resources, ok := served[place]
		if !ok {
			return false
		}
		version := strings.TrimPrefix(strings.TrimPrefix(place, "apis/"), "api/")
		answer(w, http.StatusOK, metav1.APIResourceList{GroupVersion: version, APIResources: resources})
	}
	return true
}

func (s *apiServer) get(w http.ResponseWriter, place string) {
	if object, ok := s.objects[place]; ok {
		answer(w, http.StatusOK, object.Object)
		return
	}
	if !isCollection(place) {
		notFound(w, place)
		return
	}
	list := unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if path.Dir(key) == place {
			list.Items = append(list.Items, *s.objects[key])
		}
	}
	answer(w, http.StatusOK, list.UnstructuredContent())
}

// isCollection tells namespaces/default/services from namespaces/default/services/name.
func isCollection(place string) bool {
	for group, resources := range served {
		for _, resource := range resources {
			if path.Base(place) == resource.Name && strings.HasPrefix(place, group) {
				return true
			}
		}
	}
	return false
}

func (s *apiServer) patch(w http.ResponseWriter, r *http.Request, place string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	live := s.objects[place]
	if strings.Contains(r.Header.Get("Content-Type"), "json-patch") {
		var patch []struct{ Value []any }
		if err := json.Unmarshal(body, &patch); err != nil {
			panic(err)
		}
		live.Object["metadata"].(map[string]any)["managedFields"] = patch[0].Value
		answer(w, http.StatusOK, live.Object)
		return
	}
	s.applies = append(s.applies, r)
	applied := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, &applied.Object); err != nil {
		panic(err)
	}
	if live == nil {
		live = &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"uid": "uid of " + place}}}
		live.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: r.URL.Query().Get("fieldManager"), Operation: "Apply"}})
	}
	next := live.DeepCopy()
	if s.admit != nil {
		s.admit(live, next)
	}
	merge(next.Object, applied.DeepCopy().Object)
	next.SetGeneration(live.GetGeneration() + 1)
	if r.URL.Query().Get("dryRun") == "" {
		s.put(place, next)
		if s.react != nil {
			s.react(s, next)
		}
	}
	answer(w, http.StatusOK, next.Object)
}

// put stores an object, as a controller or someone with kubectl would.
func (s *apiServer) put(place string, object *unstructured.Unstructured) {
	s.version++
	object.SetResourceVersion(fmt.Sprint(s.version))
	s.objects[place] = object
}

// change edits an object from outside of a request.
func (s *apiServer) change(place string, edit func(*unstructured.Unstructured)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	object := s.objects[place].DeepCopy()
	edit(object)
	s.put(place, object)
}

func (s *apiServer) delete(w http.ResponseWriter, place string) {
	object, ok := s.objects[place]
	switch {
	case !ok:
		notFound(w, place)
		return
	case len(object.GetFinalizers()) == 0:
		delete(s.objects, place)
	}
	answer(w, http.StatusOK, metav1.Status{Status: metav1.StatusSuccess})
}

func notFound(w http.ResponseWriter, place string) {
	answer(w, http.StatusNotFound, metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Reason: metav1.StatusReasonNotFound, Code: http.StatusNotFound, Message: path.Base(place) + " not found",
	})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}
