package e2e

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// statusWithoutCredentials asks from the control plane's host and returns the answer's status.
func statusWithoutCredentials(t *testing.T, p *project, url string) string {
	t.Helper()
	return p.run(t, time.Minute, "ssh", "control-plane", "curl -sk --max-time 10 -o /dev/null -w '%{http_code}' "+url)
}

// kubeletsRefuseStrangers: whom the security group lets through still needs credentials.
func kubeletsRefuseStrangers(t *testing.T, p *project) {
	addresses := strings.Fields(
		p.run(
			t,
			time.Minute,
			"kubectl",
			"get",
			"nodes",
			"--output=jsonpath={.items[*].status.addresses[?(@.type==\"InternalIP\")].address}",
		),
	)
	if len(addresses) != 3 {
		t.Fatalf("the nodes' addresses are %q", addresses)
	}
	for _, address := range addresses {
		if status := statusWithoutCredentials(t, p, "https://"+address+":10250/pods"); status != "401" {
			t.Errorf("the kubelet at %s answers with %s, want 401", address, status)
		}
	}
	for _, node := range []string{"control-plane", "worker-0", "worker-1"} {
		listening := p.run(t, time.Minute, "ssh", node, "ss --listening --tcp --numeric")
		if !strings.Contains(listening, ":10250 ") || strings.Contains(listening, ":10255 ") {
			t.Errorf("the kubelet of %s has the port that asks nobody who they are, or none:\n%s", node, listening)
		}
	}
}

// serverRefusesStrangers but for what kubelets and joining nodes ask before they have credentials.
func serverRefusesStrangers(t *testing.T, p *project) {
	for path, want := range map[string]string{
		"/livez": "200",
		"/api/v1/namespaces/kube-public/configmaps/cluster-info": "200",
		"/version":           "401",
		"/api/v1/namespaces": "401",
	} {
		if status := statusWithoutCredentials(t, p, "https://api.hello-kubernetes.internal:6443"+path); status != want {
			t.Errorf("%s answers with %s, want %s", path, status, want)
		}
	}
}

// privilegedPodIsRefused in the app's namespace; elsewhere it may run, so that it is the namespace that refuses.
func privilegedPodIsRefused(t *testing.T, p *project) {
	run := func(namespace string) (string, error) {
		return p.try(
			time.Minute,
			"kubectl",
			"run",
			"strange",
			"--image=rockyj/hello-hapi:0.0.1",
			"--privileged",
			"--dry-run=server",
			"--namespace="+namespace,
		)
	}
	if out, err := run("default"); err != nil {
		t.Errorf("default: %v\n%s", err, out)
	}
	if out, err := run("hello-hapi"); err == nil || !strings.Contains(out, `violates PodSecurity "restricted`) {
		t.Errorf("hello-hapi: %v\n%s", err, out)
	}
}

// seccompByDefault looks at flannel, which runs on every node and names no profile.
func seccompByDefault(t *testing.T, p *project) {
	flannel := p.run(
		t,
		time.Minute,
		"kubectl",
		"get",
		"daemonset",
		"flannel",
		"--namespace=kube-flannel",
		"--output=yaml",
	)
	if strings.Contains(flannel, "seccompProfile") {
		t.Error("flannel names a profile: look at another pod")
	}
	for _, node := range []string{"control-plane", "worker-0", "worker-1"} {
		const filtered = "Seccomp:\t2"
		if mode := strings.TrimSpace(p.run(t, time.Minute, "ssh", node, "grep ^Seccomp: /proc/$(pgrep -x flanneld)/status")); mode != filtered {
			t.Errorf("%s: flannel has %q, want %q", node, mode, filtered)
		}
	}
}

// secretIsHidden: neither etcd's files nor the audit log have what a Secret holds. Of a ConfigMap, etcd's files do.
func secretIsHidden(t *testing.T, p *project) {
	const hidden, shown = "hidden-4d1c6b", "shown-4d1c6b"
	p.run(t, time.Minute, "kubectl", "create", "secret", "generic", "probe", "--from-literal=word="+hidden)
	p.run(t, time.Minute, "kubectl", "create", "configmap", "probe", "--from-literal=word="+shown)
	defer p.run(t, time.Minute, "kubectl", "delete", "secret/probe", "configmap/probe")
	files := func(word string) string {
		return p.run(
			t,
			time.Minute,
			"ssh",
			"control-plane",
			"sudo grep -rlF "+word+" /var/lib/etcd /var/log/kubernetes || test $? = 1",
		)
	}
	if files(shown) == "" {
		t.Error("this test would not find what is in plain on the disk")
	}
	for _, word := range []string{hidden, strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(hidden)), "=")} {
		if found := files(word); found != "" {
			t.Errorf("the Secret is in plain in %s", found)
		}
	}
	const pki = "/etc/kubernetes/pki/etcd/"
	stored := p.run(
		t,
		time.Minute,
		"kubectl",
		"exec",
		"etcd-control-plane",
		"--namespace=kube-system",
		"--",
		"etcdctl",
		"--cacert="+pki+"ca.crt",
		"--cert="+pki+"server.crt",
		"--key="+pki+"server.key",
		"get",
		"--print-value-only",
		"/registry/secrets/default/probe",
	)
	if !strings.HasPrefix(stored, "k8s:enc:secretbox:v1:key1:") {
		t.Errorf("etcd has %q", stored)
	}
	created := 0
	log := p.run(
		t,
		time.Minute,
		"ssh",
		"control-plane",
		`sudo grep -hF '"name":"probe"' /var/log/kubernetes/audit/audit.log`,
	)
	for line := range strings.Lines(log) {
		var event struct {
			Level     string            `json:"level"`
			Verb      string            `json:"verb"`
			User      map[string]any    `json:"user"`
			ObjectRef map[string]string `json:"objectRef"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if event.Verb == "create" && event.ObjectRef["resource"] == "secrets" && event.Level == "Metadata" &&
			event.User["username"] == "kubernetes-admin" {
			created++
		}
	}
	if created != 1 {
		t.Errorf("the log says %d times who made the Secret, want once:\n%s", created, tail(log))
	}
}
