package program

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"hello-kubernetes/config"
	"hello-kubernetes/tests/recorder"
)

// Whatever is accepted says in kubeadm's and in nginx's configuration what it says in the stack's, and nothing else.
func FuzzConfig(f *testing.F) {
	for _, change := range []map[string]string{
		{},
		{"topology": "private"},
		{"kubernetesVersion": "1.36.1"},
		{"kubernetesVersion": "1.37.2\nimageRepository: example.com"},
		{"ignorePreflightErrors": `["true", "null", "FileContent--proc-sys-net-ipv4-ip_forward"]`},
		{"ignorePreflightErrors": `["x], nodeName: [y"]`},
		{"workers": `{"count": 4, "instanceType": "t2.micro"}`},
		{"app": `{"env": {"A": "$(B)\n"}, "image": "a:b", "port": 1, "nodePort": 32767}`},
		{"proxy": `{"serverName": ""}`},
		{"proxy": `{"serverName": "a;b"}`},
	} {
		values := map[string]string{
			"kubernetesVersion": "1.37.2", "ignorePreflightErrors": `["NumCPU"]`, "workers": `{"count": 2}`,
			"app": `{"replicas": 3}`, "proxy": `{"serverName": "a.example.com"}`,
		}
		maps.Copy(values, change)
		f.Add(values["kubernetesVersion"], values["ignorePreflightErrors"], values["workers"], values["app"],
			values["proxy"], values["topology"] == config.Private)
	}
	f.Fuzz(func(t *testing.T, version, preflight, workers, app, proxy string, private bool) {
		values := map[string]string{
			"aws:region": "us-east-1", "adminCidrs": `["203.0.113.7/32"]`, "sshPrivateKey": recorder.SSHKey(),
			"kubernetesVersion": version, "ignorePreflightErrors": preflight, "workers": workers, "app": app,
			"proxy": proxy, "topology": map[bool]string{false: config.Public, true: config.Private}[private],
		}
		c, err := config.Parse(projectFile, values)
		if err != nil || c.Workers.Count > 4 { // many workers take long and show nothing new
			return
		}
		s := record(t, values)
		checkKubeadmFile(t, c, s.Get(t, "control-plane-init").Text("stdin"))
		checkSite(t, c, s.Get(t, s.edge()+"-site").Text("stdin"))
	})
}

// checkSite checks that text, nginx's configuration, has the values of c and no statement beside those of sites.conf.
func checkSite(t *testing.T, c *config.Config, text string) {
	t.Helper()
	const statements = 15 // and one for each worker
	workers := strings.Count(text, fmt.Sprintf(":%d max_fails", c.App.NodePort))
	named := strings.Contains(text, "\tserver_name "+cmp.Or(c.Proxy.ServerName, "_")+";\n")
	if !named || workers != c.Workers.Count || strings.Count(text, ";") != statements+workers {
		t.Errorf("%d workers and %d statements in\n%s", workers, strings.Count(text, ";"), text)
	}
}

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
	got := fmt.Sprintf("%q %q %v %q", initial.NodeRegistration.IgnorePreflightErrors, cluster.KubernetesVersion,
		cluster.Networking, server.CertSANs)
	got += fmt.Sprint(len(server.ExtraArgs), len(server.ExtraVolumes), len(cluster.ControllerManager["extraArgs"]),
		len(cluster.Scheduler["extraArgs"]))
	want := fmt.Sprintf("%q %q %v %q", c.IgnorePreflightErrors, "v"+c.KubernetesVersion,
		map[string]string{"podSubnet": c.PodCIDR, "serviceSubnet": c.ServiceCIDR}, []string{"203.0.113.10"})
	want += fmt.Sprint(8, 2, 1, 1)
	if got != want {
		t.Errorf("kubeadm's configuration says\n%s\nwant\n%s", got, want)
	}
}
