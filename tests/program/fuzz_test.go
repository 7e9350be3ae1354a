package program

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"hello-kubernetes/config"
	"hello-kubernetes/tests/recorder"
)

// Whatever is configured, decoding does not panic and no error shows the key; and what is accepted says in kubeadm's
// and in nginx's configuration what it says in the stack's, and nothing else.
func FuzzConfig(f *testing.F) {
	type seed struct{ admins, version, preflight, workers, app, proxy, secret string }
	good := seed{
		`["203.0.113.7/32"]`,
		"1.37.2",
		`["NumCPU"]`,
		`{"count": 2}`,
		`{"replicas": 3}`,
		`{"serverName": "a.example.com"}`,
		"",
	}
	for _, change := range []func(s *seed){
		func(*seed) {},
		func(s *seed) { s.admins = `["2001:db8::/32", "0.0.0.0/0"]` },
		func(s *seed) { s.version = "1.37.2\nimageRepository: example.com" },
		func(s *seed) { s.preflight = `["true", "null", "FileContent--proc-sys-net-ipv4-ip_forward"]` },
		func(s *seed) { s.preflight = `["x], nodeName: [y"]` },
		func(s *seed) { s.workers = `{"count": 2, "instanceType": "t2.micro", "count": "x"}` },
		func(s *seed) { s.app = `{"env": {"A": "$(B)\n"}, "image": "a:b", "port": 1}` },
		func(s *seed) { s.proxy = `{"serverName": "a;b"}` },
		func(s *seed) { s.secret = "-----BEGIN OPENSSH PRIVATE KEY-----\n" },
	} {
		s := good
		change(&s)
		f.Add(s.admins, s.version, s.preflight, s.workers, s.app, s.proxy, s.secret)
	}
	f.Fuzz(func(t *testing.T, admins, version, preflight, workers, app, proxy, secret string) {
		values := map[string]string{
			"aws:region": "us-east-1", "adminCidrs": admins, "kubernetesVersion": version, "ignorePreflightErrors": preflight,
			"workers": workers, "app": app, "proxy": proxy,
		}
		const canary = "c4n4ry"
		public := fmt.Sprint(values)
		values["sshPrivateKey"] = secret + canary + secret
		if _, err := config.Parse(projectFile, values); err != nil && strings.Contains(err.Error(), canary) &&
			!strings.Contains(public, canary) {
			t.Fatalf("the error shows the key: %v", err)
		}
		values["sshPrivateKey"] = recorder.NewKey()
		c, err := config.Parse(projectFile, values)
		if err != nil {
			if strings.Contains(err.Error(), "PRIVATE KEY") && !strings.Contains(public, "PRIVATE KEY") {
				t.Fatalf("the error shows the key: %v", err)
			}
			return
		}
		if c.Workers.Count > 4 {
			return // it takes long and shows nothing new
		}
		s := record(t, values)
		checkKubeadmFile(t, c, s.Get(t, "control-plane-init").Text("stdin"))
		name := c.Proxy.ServerName
		if name == "" {
			name = "_"
		}
		site := s.Get(t, "control-plane-site").Text("stdin")
		named := strings.Contains(site, "\tserver_name "+name+";\n")
		if statements := strings.Count(site, ";"); !named || statements != siteStatements+c.Workers.Count {
			t.Errorf("%d statements in\n%s", statements, site)
		}
	})
}

// siteStatements is how many statements end with a semicolon in site.conf, beside those of the workers.
const siteStatements = 15

// checkKubeadmFile checks that text, kubeadm's configuration, has the values of c and nothing beside them.
func checkKubeadmFile(t *testing.T, c *config.Config, text string) {
	t.Helper()
	var initial struct {
		APIVersion       string         `yaml:"apiVersion"`
		Kind             string         `yaml:"kind"`
		LocalAPIEndpoint map[string]any `yaml:"localAPIEndpoint"`
		NodeRegistration struct {
			Name                  string   `yaml:"name"`
			CRISocket             string   `yaml:"criSocket"`
			IgnorePreflightErrors []string `yaml:"ignorePreflightErrors"`
			KubeletExtraArgs      any      `yaml:"kubeletExtraArgs"`
		} `yaml:"nodeRegistration"`
	}
	var cluster struct {
		APIVersion           string            `yaml:"apiVersion"`
		Kind                 string            `yaml:"kind"`
		ClusterName          string            `yaml:"clusterName"`
		KubernetesVersion    string            `yaml:"kubernetesVersion"`
		ControlPlaneEndpoint string            `yaml:"controlPlaneEndpoint"`
		Networking           map[string]string `yaml:"networking"`
		APIServer            struct {
			CertSANs     []string `yaml:"certSANs"`
			ExtraArgs    []any    `yaml:"extraArgs"`
			ExtraVolumes []any    `yaml:"extraVolumes"`
		} `yaml:"apiServer"`
		ControllerManager map[string][]any `yaml:"controllerManager"`
		Scheduler         map[string][]any `yaml:"scheduler"`
	}
	decoder := yaml.NewDecoder(bytes.NewBufferString(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&initial); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if err := decoder.Decode(&cluster); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	server := cluster.APIServer
	got := fmt.Sprintf(
		"%q %q %v %q",
		initial.NodeRegistration.IgnorePreflightErrors,
		cluster.KubernetesVersion,
		cluster.Networking,
		server.CertSANs,
	)
	want := fmt.Sprintf("%q %q %v %q", c.IgnorePreflightErrors, "v"+c.KubernetesVersion,
		map[string]string{"podSubnet": c.PodCIDR, "serviceSubnet": c.ServiceCIDR}, []string{"203.0.113.10"})
	got += fmt.Sprint(
		len(server.ExtraArgs),
		len(server.ExtraVolumes),
		len(cluster.ControllerManager["extraArgs"]),
		len(cluster.Scheduler["extraArgs"]),
	)
	want += fmt.Sprint(8, 2, 1, 1)
	if got != want {
		t.Errorf("kubeadm's configuration says\n%s\nwant\n%s", got, want)
	}
}
