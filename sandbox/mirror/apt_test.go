package mirror

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
)

func TestReleaseFile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got := string(releaseFile(aptLayout{"trixie", "stable"}, "stable/binary-amd64/Packages", []byte("x\n"), now))
	want := `Origin: hello-kubernetes sandbox
Label: hello-kubernetes sandbox
Suite: trixie
Codename: trixie
Components: stable
Architectures: amd64
Date: Fri, 02 Jan 2026 03:04:05 UTC
SHA256:
 73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac 2 stable/binary-amd64/Packages
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestStanza(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a_1_amd64.deb")
	if err := os.WriteFile(file, []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeStanza(&out, dir, file, "Package: a\nVersion: 1\n"); err != nil {
		t.Fatal(err)
	}
	want := "Package: a\nVersion: 1\nFilename: a_1_amd64.deb\nSize: 2\n" +
		"SHA256: 73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac\n\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestSignatureHoldsWithThePublishedKey(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	key, err := loadKey(cache)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadKey(cache)
	if err != nil || again.fingerprint() != key.fingerprint() {
		t.Fatalf("the key is not kept: %v", err)
	}
	public, err := key.public()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(public))
	if err != nil {
		t.Fatal(err)
	}
	if ring[0].PrivateKey != nil {
		t.Fatal("the public key holds the private one")
	}
	signed, err := again.clearsign([]byte("Origin: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := clearsign.Decode(signed)
	if block == nil {
		t.Fatalf("not signed: %s", signed)
	}
	if _, err := block.VerifySignature(ring, nil); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(cache, "apt-key.asc")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the private key can be read by others: %v %v", info.Mode(), err)
	}
}

func TestEveryPackageHasItsControlFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"kubeadm", "kubelet", "kubectl", "kubernetes-cni", "containerd.io"} {
		tree := t.TempDir()
		if err := (deb{name: name, version: "1.2.3-1.1"}).unpack(tree); err != nil {
			t.Fatal(err)
		}
		control, err := os.ReadFile(filepath.Join(tree, "DEBIAN/control"))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"Package: " + name + "\n", "Version: 1.2.3-1.1\n", "Architecture: amd64\n"} {
			if !strings.Contains(string(control), line) {
				t.Errorf("%s: no line %q in\n%s", name, line, control)
			}
		}
	}
}
