package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"hello-kubernetes/sandbox/instances"
)

// up starts the sandbox region and brings the stack up. Whatever interrupted it, it goes on.
func up(ctx context.Context, c *clone, args []string) error {
	lost, err := c.start(ctx)
	if err != nil {
		return err
	}
	if err := c.forgetLost(ctx, lost); err != nil {
		return err
	}
	say("Updating the stack %s", c.stack)
	args = append([]string{"up", "--yes", "--skip-preview", "--stack", c.stack}, args...)
	if err := c.pulumi(ctx, args...); err != nil {
		return err
	}
	out, err := c.outputs(ctx)
	if err != nil {
		return err
	}
	if err := c.keep(ctx, out); err != nil {
		return err
	}
	say("Done")
	return probe(ctx, out.URL+"/ping")
}

// start makes everything ready for Pulumi to work on the sandbox region. It returns the URNs of the stack's instances
// that are gone.
func (c *clone) start(ctx context.Context) (lost []string, err error) {
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	if err := c.claim(); err != nil {
		return nil, err
	}
	say("Starting the region")
	gone, err := c.raise(ctx)
	if err != nil {
		return nil, err
	}
	known, err := c.recover(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range gone {
		if urn := known[id]; strings.HasPrefix(urn, "urn:pulumi:"+c.stack+"::") {
			lost = append(lost, urn)
		}
	}
	return lost, c.setUp(ctx)
}

// forgetLost lets the stack see that instances are gone, so that they are made anew.
func (c *clone) forgetLost(ctx context.Context, lost []string) error {
	if len(lost) == 0 {
		return nil
	}
	args := []string{"refresh", "--yes", "--stack", c.stack}
	for _, urn := range lost {
		if strings.HasSuffix(urn, "-control-plane") {
			return errors.New("the control plane's instance is gone, and the cluster with it: run make down, then make up")
		}
		say("An instance is gone, and will be replaced: %s", urn)
		args = append(args, "--target", urn)
	}
	_, err := c.ask(ctx, "", args...)
	return err
}

// outputs are the stack's outputs.
type outputs struct {
	URL        string `json:"url"`
	Kubeconfig string `json:"kubeconfig"`
	SSHConfig  string `json:"sshConfig"`
	KnownHosts string `json:"knownHosts"`
	Hosts      []struct {
		Name         string   `json:"name"`
		Roles        []string `json:"roles"`
		InstanceType string   `json:"instanceType"`
		PrivateIP    string   `json:"privateIp"`
		PublicIP     string   `json:"publicIp"`
	} `json:"hosts"`
}

func (c *clone) outputs(ctx context.Context) (*outputs, error) {
	text, err := c.ask(ctx, "", "stack", "output", "--json", "--show-secrets", "--stack", c.stack)
	if err != nil {
		return nil, err
	}
	out := &outputs{}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		return nil, fmt.Errorf("read the stack's outputs: %w", err)
	}
	if out.URL == "" {
		return nil, fmt.Errorf("the stack %s is not up: run make up", c.stack)
	}
	return out, nil
}

// keep writes what kubectl and ssh need.
func (c *clone) keep(ctx context.Context, out *outputs) error {
	if err := errors.Join(
		os.WriteFile(c.path("kubeconfig-"+c.stack), []byte(out.Kubeconfig), 0o600),
		os.WriteFile(c.path("known_hosts-"+c.stack), []byte(out.KnownHosts), 0o600),
		os.WriteFile(c.path("ssh_config-"+c.stack), []byte(c.sshConfig(out.SSHConfig)), 0o600),
		os.WriteFile(c.path("bin", "ssh"), []byte(sshProgram), 0o755),
	); err != nil {
		return err
	}
	// The nodes' own kubectl is of the right version; the edge has none.
	running, err := instances.List(ctx)
	for _, host := range running {
		if err = instances.Copy(ctx, host.ID, "/usr/bin/kubectl", c.path("bin", "kubectl")); err == nil {
			break
		}
	}
	return err
}

// probe asks a URL once and prints the answer. It fails unless that is 200.
func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	fmt.Printf("\n%s\n%s %s\nServer: %s\n%s\n",
		url, response.Proto, response.Status, response.Header.Get("Server"), strings.TrimSpace(string(body)))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
