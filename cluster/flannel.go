package cluster

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"text/template"

	"hello-kubernetes/internal/remote"
)

//go:embed flannel.yaml
var flannelText string

var flannelFile = remote.Template("flannel.yaml", flannelText)

// flannelParams fills in flannel.yaml.
type flannelParams struct {
	PodCIDR, ConfigHash string
}

// flannel renders file, which is flannel.yaml. Its pods read their ConfigMap only when they start, so they carry its
// hash, and a change of it rolls them.
func flannel(file *template.Template, podCIDR string) (string, error) {
	unhashed, err := remote.Render(file, flannelParams{PodCIDR: podCIDR})
	if err != nil {
		return "", err
	}
	for object := range strings.SplitSeq(unhashed, "\n---\n") {
		if strings.Contains(object, "\nkind: ConfigMap\n") {
			hash := fmt.Sprintf("%x", sha256.Sum256([]byte(object)))
			return remote.Render(file, flannelParams{podCIDR, hash})
		}
	}
	return "", errors.New("flannel.yaml has no ConfigMap")
}
