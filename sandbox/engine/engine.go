// Package engine builds the Pulumi CLI from its Go module, for machines where it cannot be had otherwise.
package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

const (
	modulePath = "github.com/pulumi/pulumi/pkg/v3"
	sdkPath    = "github.com/pulumi/pulumi/sdk/v3"
)

// CLI returns the path of the pulumi that is built in the cache folder. Source is the root of the repository. Before a
// build, which takes minutes, progress is told of it.
func CLI(ctx context.Context, cache, source string, progress func(what string)) (string, error) {
	dir := filepath.Join(source, "sandbox/engine/module")
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("build pulumi: %w", err)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("build pulumi: %w", err)
	}
	version, err := versionOf(mod)
	if err != nil {
		return "", fmt.Errorf("build pulumi: %w", err)
	}
	hash := sha256.Sum256(append(mod, sum...))
	binary := filepath.Join(cache, "bin", fmt.Sprintf("pulumi-%s-%x", version, hash[:6]), "pulumi")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	progress("pulumi " + version + " (about 4 min)")
	return binary, build(ctx, dir, binary, version)
}

// versionOf returns the CLI's version as a go.mod has it.
func versionOf(mod []byte) (string, error) {
	file, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return "", err
	}
	for _, r := range file.Require {
		if r.Mod.Path == modulePath {
			return r.Mod.Version, nil
		}
	}
	return "", errors.New("go.mod does not require " + modulePath)
}

func build(ctx context.Context, dir, binary, version string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return fmt.Errorf("build pulumi: %w", err)
	}
	partial := binary + ".part"
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-mod=readonly",
		"-ldflags=-s -w -X "+sdkPath+"/go/common/version.Version="+version, "-o", partial, modulePath+"/cmd/pulumi")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false", "CGO_ENABLED=0")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return fmt.Errorf("build pulumi: %w\n%s", err, output.Bytes())
	}
	return os.Rename(partial, binary)
}
