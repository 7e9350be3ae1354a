package mirror

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// plan is everything that the mirror serves.
type plan struct {
	cache   string
	view    view
	targets []*artifact
}

// newPlan reads the modules and lists the repositories and images of those hosts whose
// real selves cannot be reached.
func newPlan(ctx context.Context, o Options) (*plan, error) {
	bins := map[string][]*artifact{}
	for _, m := range modules {
		all, err := m.artifacts(filepath.Join(o.Source, "sandbox/mirror/modules"))
		if err != nil {
			return nil, fmt.Errorf("read module %s: %w", m.name, err)
		}
		bins[m.name] = all
	}
	key, err := loadKey(o.Cache)
	if err != nil {
		return nil, err
	}
	repositories, err := repositories(o.Cache, bins, key)
	if err != nil {
		return nil, err
	}
	images, err := images(o, bins)
	if err != nil {
		return nil, err
	}

	real := o.Real
	if real == nil {
		real = Reachable
	}
	p := &plan{cache: o.Cache, view: view{Names: slices.Clone(debianHosts), Apt: map[string]string{}}}
	served := map[string]bool{}
	for _, host := range []string{kubernetesHost, dockerHost, registryHost, githubHost} {
		if !real(ctx, host) {
			served[host] = true
			p.view.Names = append(p.view.Names, host)
		}
	}
	// hello-hapi is our own, whatever can be reached.
	served[hubHost] = true
	p.view.Names = append(p.view.Names, hubHost)

	for _, r := range repositories {
		if host, _, _ := strings.Cut(r.location, "/"); served[host] {
			p.targets = append(p.targets, r.artifact)
			p.view.Apt[r.location] = r.artifact.path()
		}
	}
	for _, i := range images {
		if served[i.host] {
			p.targets = append(p.targets, i.artifact)
			p.view.Images = append(p.view.Images, i.artifact.path())
		}
	}
	return p, nil
}

func (p *plan) missing() []*artifact { return missing(p.cache, p.targets) }

// publish makes the plan the one that handlers serve, those that run already included.
func (p *plan) publish() error {
	data, err := json.MarshalIndent(p.view, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(viewFile(p.cache), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write what the mirror serves: %w", err)
	}
	return nil
}

// Reachable tells whether a host answers over HTTPS, with a certificate that holds:
// a captive portal does not.
func Reachable(ctx context.Context, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://"+host+"/", nil)
	if err != nil {
		return false
	}
	client := &http.Client{
		Transport: &http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode < http.StatusInternalServerError
}
