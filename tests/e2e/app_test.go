package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// scaleTheApp changes the number of pods and nothing else.
func scaleTheApp(t *testing.T, p *project) {
	nodePort := p.run(t, time.Minute, "pulumi", "stack", "output", "nodePort")
	for _, replicas := range []int{4, 3} {
		p.set(t, "app.replicas", fmt.Sprint(replicas))
		for _, change := range p.up(t) {
			if change.Op != "update" ||
				!strings.HasPrefix(change.Type, "kubernetes:") &&
					!strings.HasPrefix(change.Type, "hello-kubernetes:app") {
				t.Errorf("scaling touches more than the app: %v", change)
			}
		}
		eventually(t, time.Minute, func() error {
			if ready := len(p.readyPods(t)); ready != replicas {
				return fmt.Errorf("%d pods are ready, want %d", ready, replicas)
			}
			return nil
		})
	}
	if now := p.run(t, time.Minute, "pulumi", "stack", "output", "nodePort"); now != nodePort {
		t.Errorf("the node port was %s and is %s", nodePort, now)
	}
}

// rollTheImage rolls another version out and back, while requests come in.
func rollTheImage(t *testing.T, p *project) {
	load := startLoad(t, p.url(t))
	for _, image := range []string{"rockyj/hello-hapi:0.0.2", "rockyj/hello-hapi:0.0.1"} {
		p.set(t, "app.image", image)
		p.up(t)
		eventually(t, time.Minute, func() error { // the plugin of 4.24.0 does not always wait for a roll-out to begin
			for _, pod := range p.readyPods(t) {
				if got := pod.Spec.Containers[0].Image; got != image {
					return fmt.Errorf("%s runs %s, want %s", pod.Metadata.Name, got, image)
				}
			}
			return nil
		})
	}
	requests, failures := load.stop()
	if requests < 100 {
		t.Errorf("only %d requests were made", requests)
	}
	for _, failure := range failures {
		t.Errorf("of %d requests one failed: %v", requests, failure)
	}
}

// killAPod: the others answer, and another one takes its place.
func killAPod(t *testing.T, p *project) {
	victim := p.readyPods(t)[0].Metadata.Name
	load := startLoad(t, p.url(t))
	p.run(t, time.Minute, "kubectl", "delete", "pod", victim, "--namespace=hello-hapi", "--wait=false")
	eventually(t, time.Minute, func() error {
		pods := p.readyPods(t)
		for _, pod := range pods {
			if pod.Metadata.Name == victim {
				return fmt.Errorf("%s still counts", victim)
			}
		}
		if len(pods) != 3 {
			return fmt.Errorf("%d pods are ready, want 3", len(pods))
		}
		return nil
	})
	requests, failures := load.stop()
	for _, failure := range failures {
		t.Errorf("of %d requests one failed: %v", requests, failure)
	}
}

// load is requests at a steady rate, at most for some minutes.
type load struct {
	cancel   context.CancelFunc
	done     sync.WaitGroup
	mu       sync.Mutex
	requests int
	failures []error
}

func startLoad(t *testing.T, url string) *load {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	l := &load{cancel: cancel}
	ticks := time.NewTicker(20 * time.Millisecond)
	l.done.Go(func() {
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				l.done.Go(func() { l.ask(url) })
			}
		}
	})
	return l
}

func (l *load) ask(url string) {
	_, body, err := ping(url)
	if err == nil && body != `{"success":true}` {
		err = fmt.Errorf("the answer is %q", body)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	if err != nil && len(l.failures) < 10 {
		l.failures = append(l.failures, err)
	}
}

func (l *load) stop() (requests int, failures []error) {
	l.cancel()
	l.done.Wait()
	return l.requests, l.failures
}
