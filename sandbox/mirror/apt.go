package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// aptLayout says where a repository's index lies: beside the pool (a "flat" one, its
// sources.list line ends in /), or in dists/SUITE/COMPONENT.
type aptLayout struct {
	suite, component string
}

// writeIndex writes the index of a folder's pool, signed, and the key beside it.
func writeIndex(ctx context.Context, dir string, layout aptLayout, key *signingKey) error {
	debs, err := filepath.Glob(filepath.Join(dir, "pool", "*.deb"))
	if err != nil {
		return err
	}
	var packages bytes.Buffer
	for _, file := range debs {
		control, err := command(ctx, "", nil, "dpkg-deb", "--field", file)
		if err != nil {
			return err
		}
		if err := writeStanza(&packages, dir, file, control); err != nil {
			return err
		}
	}
	dists, index, keyFile := dir, "Packages", "Release.key"
	if layout.suite != "" {
		dists = filepath.Join(dir, "dists", layout.suite)
		index, keyFile = layout.component+"/binary-amd64/Packages", "gpg"
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dists, index)), 0o755); err != nil {
		return err
	}
	release, err := key.clearsign(releaseFile(layout, index, packages.Bytes(), time.Now()))
	if err != nil {
		return err
	}
	public, err := key.public()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dists, index), packages.Bytes(), 0o644),
		os.WriteFile(filepath.Join(dists, "InRelease"), release, 0o644),
		os.WriteFile(filepath.Join(dir, keyFile), public, 0o644),
	)
}

// writeStanza writes a package's part of a Packages file.
func writeStanza(w io.Writer, dir, file, control string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(dir, file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\nFilename: %s\nSize: %d\nSHA256: %x\n\n", strings.TrimSpace(control), name, size, h.Sum(nil))
	return err
}

func releaseFile(layout aptLayout, index string, packages []byte, now time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Origin: hello-kubernetes sandbox\nLabel: hello-kubernetes sandbox\n")
	if layout.suite != "" {
		fmt.Fprintf(&b, "Suite: %s\nCodename: %s\nComponents: %s\n", layout.suite, layout.suite, layout.component)
	}
	fmt.Fprintf(&b, "Architectures: amd64\nDate: %s\nSHA256:\n", now.UTC().Format(time.RFC1123))
	fmt.Fprintf(&b, " %x %d %s\n", sha256.Sum256(packages), len(packages), index)
	return b.Bytes()
}

// signingKey signs the repositories. It is made once in the cache.
type signingKey struct {
	entity *openpgp.Entity
}

var keyConfig = &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA}

func loadKey(cache string) (*signingKey, error) {
	file := filepath.Join(cache, "apt-key.asc")
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return newKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(data))
	if err != nil || len(ring) != 1 {
		return nil, fmt.Errorf("read the signing key %s: %w", file, err)
	}
	return &signingKey{ring[0]}, nil
}

func newKey(file string) (*signingKey, error) {
	entity, err := openpgp.NewEntity("hello-kubernetes sandbox", "signs its packages", "nobody@hello-kubernetes.invalid", keyConfig)
	if err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	data, err := armored(openpgp.PrivateKeyType, func(w io.Writer) error { return entity.SerializePrivate(w, keyConfig) })
	if err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	if err := writeFile(file, data, 0o600); err != nil {
		return nil, fmt.Errorf("write the signing key: %w", err)
	}
	return &signingKey{entity}, nil
}

func (k *signingKey) fingerprint() string {
	return fmt.Sprintf("%x", k.entity.PrimaryKey.Fingerprint)
}

func (k *signingKey) public() ([]byte, error) {
	return armored(openpgp.PublicKeyType, k.entity.Serialize)
}

func (k *signingKey) clearsign(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := clearsign.Encode(&out, k.entity.PrivateKey, keyConfig)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	_, err = w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return out.Bytes(), nil
}

func armored(kind string, write func(io.Writer) error) ([]byte, error) {
	var out bytes.Buffer
	w, err := armor.Encode(&out, kind, nil)
	if err != nil {
		return nil, err
	}
	if err = errors.Join(write(w), w.Close()); err != nil {
		return nil, err
	}
	return append(out.Bytes(), '\n'), nil
}
