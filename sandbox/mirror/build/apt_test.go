package build

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/semver"

	"hello-kubernetes/sandbox/mirror"
)

// fakeBinaries returns a cache in which every artifact is made, with an empty file in the place of each command.
func fakeBinaries(t *testing.T) (Options, map[string]*artifact) {
	t.Helper()
	o := Options{Cache: t.TempDir(), Source: "../../..", Progress: func(int, int, string) {}}
	bins, err := binaries(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, bin := range bins {
		bin.build = func(_ context.Context, dir string) error {
			for _, name := range []string{"kubeadm", "kubelet", "kubectl", "containerd", "runc"} {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return o, bins
}

// needs skips a test on a machine that lacks programs of the build, and fails it in CI.
func needsHostPackages(t *testing.T) {
	t.Helper()
	missing := HostPackages()
	if len(missing) == 0 {
		return
	}
	remedy := "apt-get install " + strings.Join(missing, " ")
	if os.Getenv("CI") == "true" {
		t.Fatal(remedy)
	}
	t.Skip(remedy)
}

// apt itself updates from the repositories, as the mirror serves them, and downloads every package.
func TestAptAcceptsTheRepositories(t *testing.T) {
	t.Parallel()
	needsHostPackages(t)
	o, bins := fakeBinaries(t)
	repositories, err := repositories(o, bins)
	if err != nil {
		t.Fatal(err)
	}
	contents := mirror.Contents{Apt: map[string]string{}}
	for location, a := range repositories {
		if err := makeMissing(t.Context(), o, []*artifact{a}); err != nil {
			t.Fatal(err)
		}
		contents.Apt[location] = a.path()
	}
	if err := mirror.Publish(o.Cache, contents); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mirror.Handler(o.Cache, nil))
	defer server.Close()

	dir := t.TempDir()
	minor := semver.MajorMinor(bins["kubernetes"].version)
	script := `set -e
mkdir -p lists/partial archives/partial
export http_proxy=$1
/usr/lib/apt/apt-helper download-file "http://pkgs.k8s.io/core:/stable:/$2/deb/Release.key" kubernetes.asc
/usr/lib/apt/apt-helper download-file http://download.docker.com/linux/debian/gpg docker.asc
echo "deb [signed-by=$PWD/kubernetes.asc] http://pkgs.k8s.io/core:/stable:/$2/deb/ /" >sources.list
echo "deb [signed-by=$PWD/docker.asc] http://download.docker.com/linux/debian trixie stable" >>sources.list
apt() {
	apt-get -qq -oDir::State="$PWD" -oDir::State::status=/dev/null -oDir::Cache="$PWD" \
		-oDir::Etc::SourceList="$PWD/sources.list" -oDir::Etc::SourceParts=/dev/null \
		-oAPT::Architecture=amd64 -oAPT::Sandbox::User=root "$@"
}
apt -oAPT::Update::Error-Mode=any update
apt download kubeadm kubelet kubectl kubernetes-cni containerd.io
`
	apt := exec.CommandContext(t.Context(), "bash", "-c", script, "bash", server.URL, minor)
	apt.Dir = dir
	if output, err := apt.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, name := range []string{
		"kubeadm_" + number(bins["kubernetes"]) + "-1.1", "kubelet_" + number(bins["kubernetes"]) + "-1.1",
		"kubectl_" + number(bins["kubernetes"]) + "-1.1", "kubernetes-cni_" + number(bins["cni"]) + "-1.1",
		"containerd.io_" + number(bins["containerd"]) + "-1~debian.13~trixie",
	} {
		if _, err := os.Stat(filepath.Join(dir, name+"_amd64.deb")); err != nil {
			t.Error(err)
		}
	}
}
