package instances

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// seed returns the files of cloud-init's data source NoCloud, by name. cloud-init reads them at the first boot, where
// it would ask the metadata service on EC2. https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
func seed(i Instance) (map[string]string, error) {
	metadata := map[string]any{"instance-id": i.ID, "local-hostname": i.Hostname}
	if key := strings.TrimSpace(i.PublicKey); key != "" {
		metadata["public-keys"] = []string{key}
	}
	data, err := json.MarshalIndent(metadata, "", "  ") // JSON is YAML
	return map[string]string{"meta-data": string(data) + "\n", "user-data": i.UserData}, err
}

// writeFiles writes the files of an instance's own to its folder.
func writeFiles(i Instance) error {
	files, err := seed(i)
	if err != nil {
		return err
	}
	seedDir := filepath.Join(dir(i.ID), "seed")
	// User data may hold a private key.
	err = errors.Join(os.MkdirAll(seedDir, 0o700), os.MkdirAll(filepath.Join(dir(i.ID), "journal"), 0o700))
	for file, content := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(seedDir, file), []byte(content), 0o600))
	}
	resolver := fmt.Sprintf("nameserver %s\n", i.Resolver)
	return errors.Join(err, os.WriteFile(filepath.Join(dir(i.ID), "resolv.conf"), []byte(resolver), 0o644))
}
