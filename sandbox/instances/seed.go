package instances

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// seed returns the files of cloud-init's NoCloud datasource, by name: it reads them instead of EC2's metadata service.
// https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
func seed(h Host) (map[string]string, error) {
	metadata := map[string]any{"instance-id": h.ID, "local-hostname": h.Hostname}
	if key := strings.TrimSpace(h.PublicKey); key != "" {
		metadata["public-keys"] = []string{key}
	}
	data, err := json.MarshalIndent(metadata, "", "  ") // JSON is YAML
	if err != nil {
		return nil, err
	}
	return map[string]string{"meta-data": string(data) + "\n", "user-data": h.UserData}, nil
}

// writeFiles writes what a machine has of its own, in its folder.
func writeFiles(h Host) error {
	files, err := seed(h)
	if err != nil {
		return err
	}
	// User data may hold a private key.
	for _, sub := range []string{"seed", "journal"} {
		if err := os.MkdirAll(filepath.Join(dir(h.ID), sub), 0o700); err != nil {
			return fmt.Errorf("make the folder of %s: %w", h.ID, err)
		}
	}
	for file, content := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir(h.ID), "seed", file), []byte(content), 0o600))
	}
	resolver := fmt.Sprintf("nameserver %s\n", h.Resolver)
	err = errors.Join(err, os.WriteFile(filepath.Join(dir(h.ID), "resolv.conf"), []byte(resolver), 0o644))
	if err != nil {
		return fmt.Errorf("write the files of %s: %w", h.ID, err)
	}
	return nil
}
