package build

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The mirror must have what the program asks for: without it, a cluster finds a package or an image missing.
func TestVersionsAreTheProgramsOwn(t *testing.T) {
	t.Parallel()
	bins, err := binaries(Options{Source: "../../.."})
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range []struct{ what, here, files, there string }{
		{"Kubernetes", number(bins["kubernetes"]), "Pulumi.yaml", `(?s)kubernetesVersion:.*?default: (\S+)`},
		{"containerd", number(bins["containerd"]), "cluster/*.go", `containerdVersion\s+= "(.+)"`},
		{"pause", pauseVersion, "cluster/*.go", `pauseVersion\s+= "(.+)"`},
		{"flannel", bins["flannel"].version, "cluster/flannel.yaml", `image: ghcr.io/flannel-io/flannel:(\S+)`},
		{"flannel's CNI plugin", flannelCNITag, "cluster/flannel.yaml", `image: ghcr.io/flannel-io/flannel-cni-plugin:(\S+)`},
	} {
		found := regexp.MustCompile(pin.there).FindAllStringSubmatch(read(t, pin.files), -1)
		if len(found) == 0 {
			t.Errorf("%s: %s has no version like %s", pin.what, pin.files, pin.there)
		}
		for _, version := range found {
			if version[1] != pin.here {
				t.Errorf("%s: the program has %s, the mirror %s", pin.what, version[1], pin.here)
			}
		}
	}
}

// read returns the text of files of the repository.
func read(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../..", pattern))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}
