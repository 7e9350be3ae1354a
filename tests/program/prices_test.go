package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The estimate of make pr-preview knows of every AWS resource of the program what it costs, or that it is free.
func TestEveryAWSResourceHasAPrice(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "sandbox", "summary", "prices.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var prices struct {
		Resources map[string]any     `yaml:"resources"`
		Free      []string           `yaml:"free"`
		Instances map[string]float64 `yaml:"instances"`
	}
	if err := yaml.Unmarshal(text, &prices); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"aws:ec2/instance:Instance": true} // by its type
	for token := range prices.Resources {
		known[token] = true
	}
	for _, token := range prices.Free {
		known[token] = true
	}
	inEachVariant(t, func(t *testing.T, s stack) {
		for _, r := range s.Resources {
			if strings.HasPrefix(r.TypeToken, "aws:") && !known[r.TypeToken] {
				t.Errorf("%s is not in prices.yaml", r.TypeToken)
			}
		}
		for _, host := range s.config.Hosts() {
			if prices.Instances[host.InstanceType] == 0 {
				t.Errorf("%s is not in prices.yaml", host.InstanceType)
			}
		}
	})
}
