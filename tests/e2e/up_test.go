package e2e

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"
)

// freshUp is what a newcomer does first.
func freshUp(t *testing.T, p *project) {
	out := p.run(t, 50*time.Minute, "make", "up") // the first one on a machine builds everything
	for _, want := range []string{"http://203.0.113.", "200 OK", "Server: nginx", `{"success":true}`} {
		if !strings.Contains(out, want) {
			t.Errorf("make up does not print %q:\n%s", want, tail(out))
		}
	}
	header, body, err := ping(p.url(t))
	if err != nil || body != `{"success":true}` || header.Get("Server") != "nginx" {
		t.Errorf("/ping answers %q from %q, %v", body, header.Get("Server"), err)
	}
	nodesAreReady(t, p, 3)
	pods := p.readyPods(t)
	if len(pods) != 3 {
		t.Errorf("%d pods are ready, want 3", len(pods))
	}
	for _, pod := range pods {
		if !strings.HasPrefix(pod.Spec.NodeName, "worker-") {
			t.Errorf("%s runs on %s, want a worker", pod.Metadata.Name, pod.Spec.NodeName)
		}
	}
	var service struct {
		Spec struct {
			Type  string `json:"type"`
			Ports []struct {
				Port       int `json:"port"`
				TargetPort int `json:"targetPort"`
			} `json:"ports"`
		} `json:"spec"`
	}
	p.kubectl(t, &service, "get", "service", "hello-hapi", "--namespace=hello-hapi")
	if ports := service.Spec.Ports; service.Spec.Type != "NodePort" || len(ports) != 1 || ports[0].Port != 80 ||
		ports[0].TargetPort != 3000 {
		t.Errorf("the Service is %+v, want a NodePort 80 to 3000", service.Spec)
	}
}

func nodesAreReady(t *testing.T, p *project, want int) {
	t.Helper()
	var list struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Status struct {
				Conditions []condition `json:"conditions"`
				NodeInfo   struct {
					KubeletVersion string `json:"kubeletVersion"`
				} `json:"nodeInfo"`
			} `json:"status"`
		} `json:"items"`
	}
	p.kubectl(t, &list, "get", "nodes")
	if len(list.Items) != want {
		t.Errorf("%d nodes, want %d", len(list.Items), want)
	}
	version := "v" + strings.TrimSpace(p.run(t, time.Minute, "pulumi", "config", "get", "kubernetesVersion"))
	for _, node := range list.Items {
		if !ready(node.Status.Conditions) || node.Status.NodeInfo.KubeletVersion != version {
			t.Errorf(
				"%s is ready: %v, at %s",
				node.Metadata.Name,
				ready(node.Status.Conditions),
				node.Status.NodeInfo.KubeletVersion,
			)
		}
	}
}

func outputs(t *testing.T, p *project) {
	shown := p.run(t, time.Minute, "pulumi", "stack", "output", "--json")
	var all struct {
		Kubeconfig string `json:"kubeconfig"`
		NodePort   int    `json:"nodePort"`
		ClusterIP  string `json:"clusterIP"`
		Hosts      []host `json:"hosts"`
	}
	if err := json.Unmarshal([]byte(shown), &all); err != nil {
		t.Fatal(err)
	}
	if all.Kubeconfig != "[secret]" {
		t.Error("the kubeconfig is shown")
	}
	if all.NodePort < 30000 || all.NodePort > 32767 || !strings.HasPrefix(all.ClusterIP, "10.") {
		t.Errorf("node port %d, cluster IP %s", all.NodePort, all.ClusterIP)
	}
	roles := map[string]int{}
	for _, host := range all.Hosts {
		for _, role := range host.Roles {
			roles[role]++
		}
		if (host.PublicIP != "") != host.is("edge") || host.is("worker") && host.InstanceType != "t2.micro" {
			t.Errorf("a host is %+v", host)
		}
	}
	if want := map[string]int{"edge": 1, "control-plane": 1, "worker": 2}; !maps.Equal(roles, want) {
		t.Errorf("the hosts have the roles %v, want %v", roles, want)
	}
	for _, host := range all.Hosts {
		addresses := strings.TrimSpace(p.run(t, time.Minute, "ssh", host.Name, "hostname --all-ip-addresses"))
		if !strings.Contains(" "+addresses+" ", " "+host.PrivateIP.String()+" ") {
			t.Errorf("ssh %s reaches a host with the addresses %s, want %s", host.Name, addresses, host.PrivateIP)
		}
	}
}

func noChange(t *testing.T, p *project) {
	preview := []string{"preview", "--expect-no-changes"}
	p.run(t, time.Minute, "pulumi", preview...)
	p.run(t, 2*time.Minute, "pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes")
	p.run(t, time.Minute, "pulumi", preview...)
	log := p.eventLog(t)
	p.run(t, 5*time.Minute, "make", "up", "ARGS=--event-log="+log)
	if changed := changes(t, log); len(changed) > 0 {
		t.Errorf("a second make up changes %v", changed)
	}
}

func configurationError(t *testing.T, p *project) {
	before := p.run(t, time.Minute, "pulumi", "stack", "export")
	p.set(t, "app.replicas", "0")
	p.set(t, "workers.count", "0")
	defer p.set(t, "app.replicas", "3")
	defer p.set(t, "workers.count", "2")
	out, err := p.try(time.Minute, "pulumi", "up", "--yes", "--skip-preview")
	if err == nil {
		t.Error("no replicas are accepted")
	}
	for _, want := range []string{"app.replicas: 0 ", "workers.count: 0 "} {
		if !strings.Contains(out, want) {
			t.Errorf("the error does not say %q:\n%s", want, tail(out))
		}
	}
	after := p.run(t, time.Minute, "pulumi", "stack", "export")
	if len(resourcesOf(t, before)) == 0 || resourcesOf(t, before) != resourcesOf(t, after) {
		t.Error("the state has changed")
	}
	if _, _, err := ping(p.url(t)); err != nil {
		t.Error(err)
	}
}

// ciphertext is another one at each export.
var ciphertext = regexp.MustCompile(`"ciphertext":\s*"[^"]*"`)

// resourcesOf returns the resources of an exported state, but for their secrets.
func resourcesOf(t *testing.T, export string) string {
	t.Helper()
	var state struct {
		Deployment struct {
			Resources json.RawMessage `json:"resources"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal([]byte(export), &state); err != nil {
		t.Fatal(errors.Join(err, errors.New(tail(export))))
	}
	return ciphertext.ReplaceAllString(string(state.Deployment.Resources), "")
}
