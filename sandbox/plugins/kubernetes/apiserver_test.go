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
	switch r.Method {
	case http.MethodGet:
		s.get(w, place)
	case http.MethodPatch:
		s.patch(w, r, place)
	case http.MethodDelete:
		s.delete(w, place)
	}
}

func (s *apiServer) get(w http.ResponseWriter, place string) {
	if object, ok := s.objects[place]; ok {
		answer(w, http.StatusOK, object.Object)
		return
	}
	if place == "version" {
		answer(w, http.StatusOK, map[string]string{"major": "1", "minor": "37", "gitVersion": "v1.37.2"})
		return
	}
	if path.Base(place) != "pods" {
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

func (s *apiServer) patch(w http.ResponseWriter, r *http.Request, place string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	live := s.objects[place]
	if strings.Contains(r.Header.Get("Content-Type"), "json-patch") {
		var patch []struct{ Value any }
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

// merge puts the fields of one object into another.
func merge(into, from map[string]any) {
	for key, value := range from {
		mine, isMap := into[key].(map[string]any)
		theirs, both := value.(map[string]any)
		if isMap && both {
			merge(mine, theirs)
		} else {
			into[key] = value
		}
	}
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
