package proxy

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/tests/recorder"
	"hello-kubernetes/tests/scripttest"
)

// record runs the component with two workers.
func record(t *testing.T, serverName string) *recorder.Recording {
	t.Helper()
	r, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		host, err := recorder.Host(ctx, "edge", nil)
		if err != nil {
			return err
		}
		hello, err := recorder.Host(ctx, "app", nil)
		if err != nil {
			return err
		}
		args := Args{Host: host, Ready: []pulumi.Resource{hello.Instance}, Sites: []Site{
			{Name: "hello", ServerName: serverName, NodePort: 30080},
			{Name: "other", ServerName: "other.example.com", NodePort: 30081},
		}}
		for _, name := range []string{"worker-0", "worker-1"} {
			worker, err := recorder.Host(ctx, name, nil)
			if err != nil {
				return err
			}
			args.Workers = append(args.Workers, worker.PrivateAddress)
		}
		_, err = New(ctx, "proxy", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScripts(t *testing.T) {
	t.Parallel()
	r := record(t, "hello.example.com")
	scripttest.NewGoldens(t).Compare(t, "sites.conf", r.Get(t, "edge-site").Text("stdin"))
}

// The installation is the long part, and nothing in it needs the app.
func TestOnlyTheConfigurationWaitsForWorkersAndApps(t *testing.T) {
	t.Parallel()
	r := record(t, "")
	if needs := r.Needs(t, "edge-nginx"); !slices.Equal(needs, []string{"Instance edge"}) {
		t.Errorf("the installation waits for %q", needs)
	}
	for _, before := range []string{"edge-nginx", "Instance app", "Instance worker-0", "Instance worker-1"} {
		if !slices.Contains(r.Needs(t, "edge-site"), before) {
			t.Errorf("the configuration does not wait for %s", before)
		}
	}
}

// The strictest reader of sites.conf is nginx itself.
func TestNginxAcceptsTheSite(t *testing.T) {
	t.Parallel()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		t.Skip("nginx is missing: apt-get install nginx-light")
	}
	for _, serverName := range []string{"", "hello.example.com", strings.Repeat("long-", 12) + "name.example.com"} {
		dir := t.TempDir()
		site := record(t, serverName).Get(t, "edge-site").Text("stdin")
		// A socket in the directory, as the port may be taken, and belongs to root.
		site = strings.ReplaceAll(site, "listen 80", "listen unix:"+dir+"/socket")
		config := "pid " + dir + "/pid;\nevents {}\nhttp {\naccess_log off;\n"
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			config += kind + "_temp_path " + filepath.Join(dir, kind) + ";\n"
		}
		path := filepath.Join(dir, "nginx.conf")
		if err := os.WriteFile(path, []byte(config+site+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if output, err := exec.CommandContext(t.Context(), nginx, "-t", "-q", "-e", "stderr", "-p", dir, "-c", path).CombinedOutput(); err != nil {
			t.Errorf("server name %q: %v\n%s", serverName, err, output)
		}
	}
}
