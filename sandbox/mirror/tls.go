package mirror

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/natefinch/atomic"
)

// tlsHosts are the hosts that the mirror may have to answer for over HTTPS.
var tlsHosts = []string{KubernetesHost, DockerHost, RegistryHost, GitHubHost, HubHost}

// CA returns the certificate, in PEM, of the authority that signs the mirror's own certificate. The sandbox's machine
// image trusts it, and nothing else should; it cannot sign for other hosts than the mirror's. The first call makes it
// and keeps it in the cache. CA fails when the cache cannot be read or written, or its ca.pem is damaged.
func CA(cache string) ([]byte, error) {
	certificate, _, err := authority(cache)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), nil
}

// TLSConfig returns the configuration of the mirror's HTTPS server, with a new certificate that is valid for 397 days.
// It fails when CA does.
func TLSConfig(cache string) (*tls.Config, error) {
	ca, caKey, err := authority(cache)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the mirror's key: %w", err)
	}
	template, err := certificate(tlsHosts[0], 397*24*time.Hour)
	if err != nil {
		return nil, err
	}
	template.DNSNames = tlsHosts
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("sign the mirror's certificate: %w", err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der, ca.Raw}, PrivateKey: key}},
		NextProtos:   []string{"h2", "http/1.1"},
	}, nil
}

func authority(cache string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	file := filepath.Join(cache, "ca.pem")
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if data, err = newAuthority(); err == nil {
			err = errors.Join(os.MkdirAll(cache, 0o755), atomic.WriteFile(file, bytes.NewReader(data)))
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the mirror's authority: %w", err)
	}
	pair, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", file, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, fmt.Errorf("read %s: its key is not ECDSA", file)
	}
	return pair.Leaf, key, nil
}

// newAuthority returns the certificate and the key of a new authority, in PEM. It is valid for ten years.
func newAuthority() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := certificate("hello-kubernetes sandbox", 10*365*24*time.Hour)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	template.PermittedDNSDomainsCritical, template.PermittedDNSDomains = true, tlsHosts
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...), nil
}

func certificate(name string, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(life),
	}, nil
}
