// Package engine builds Pulumi's own programs from their Go modules, for machines where they cannot be downloaded.
package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"hello-kubernetes/sandbox/run"
)

// A Program is built in a folder beside this file, whose go.mod and go.sum pin all that it consists of.
type Program struct {
	Name     string // of the binary
	folder   string
	from     string            // the package, as go build takes it
	pinned   string            // the module whose version is the program's
	variable string            // the variable that the linker writes the version to
	embeds   map[string]string // files that the folder lacks: path in the folder → package and file in a required module
	minutes  int               // that a build takes on two cores
}

// CLI is the Pulumi CLI.
var CLI = Program{
	Name: "pulumi", folder: "pulumi", minutes: 4,
	from:     "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
	pinned:   "github.com/pulumi/pulumi/pkg/v3",
	variable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
}

const provider = "github.com/pulumi/pulumi-kubernetes/provider/v4"

// Kubernetes is the official plugin of Kubernetes. It is released together with its SDK, under the same version.
var Kubernetes = Program{
	Name: "pulumi-resource-kubernetes", folder: "kubernetes", minutes: 7,
	from:     ".",
	pinned:   "github.com/pulumi/pulumi-kubernetes/sdk/v4",
	variable: provider + "/pkg/version.Version",
	embeds: map[string]string{
		"schema.json":            "cmd/pulumi-resource-kubernetes/schema.json",
		"terraform-mapping.json": "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
	},
}

// Version returns the program's version without its v. Source is the root of the repository.
func (p Program) Version(source string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(p.dir(source), "go.mod"))
	if err != nil {
		return "", fmt.Errorf("version of %s: %w", p.Name, err)
	}
	file, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return "", fmt.Errorf("version of %s: %w", p.Name, err)
	}
	for _, r := range file.Require {
		if r.Mod.Path == p.pinned {
			return strings.TrimPrefix(r.Mod.Version, "v"), nil
		}
	}
	return "", fmt.Errorf("version of %s: go.mod does not require %s", p.Name, p.pinned)
}

func (p Program) dir(source string) string { return filepath.Join(source, "sandbox/engine", p.folder) }

// Build returns the path of the program in the cache folder. If it is not there, it is built, which fails where the Go
// module proxy cannot be reached; progress is told of it first, because it takes minutes.
func (p Program) Build(ctx context.Context, cache, source string, progress func(what string)) (string, error) {
	version, err := p.Version(source)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(p.dir(source), name))
		if err != nil {
			return "", fmt.Errorf("build %s: %w", p.Name, err)
		}
		hash.Write(text)
	}
	binary := filepath.Join(cache, "bin", fmt.Sprintf("%s-%s-%x", p.Name, version, hash.Sum(nil)[:6]), p.Name)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	progress(fmt.Sprintf("%s %s (about %d min)", p.Name, version, p.minutes))
	if err := p.build(ctx, p.dir(source), binary, version); err != nil {
		return "", fmt.Errorf("build %s: %w", p.Name, err)
	}
	return binary, nil
}

func (p Program) build(ctx context.Context, dir, binary, version string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	overlay, err := p.overlay(ctx, dir)
	if err != nil {
		return err
	}
	file := binary + ".overlay"
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return err
	}
	defer os.Remove(file)
	if _, err := goCommand(ctx, dir, "build", "-trimpath", "-mod=readonly", "-overlay="+file,
		"-ldflags=-s -w -X "+p.variable+"="+version, "-o", binary+".part", p.from); err != nil {
		return err
	}
	return os.Rename(binary+".part", binary)
}

// overlay returns the file for go build that puts what the program embeds into its folder.
func (p Program) overlay(ctx context.Context, dir string) ([]byte, error) {
	replace := map[string]string{}
	if len(p.embeds) > 0 {
		answer, err := goCommand(ctx, dir, "mod", "download", "-json", provider)
		if err != nil {
			return nil, err
		}
		var module struct{ Dir string }
		if err := json.Unmarshal([]byte(answer), &module); err != nil {
			return nil, fmt.Errorf("go mod download %s: %w", provider, err)
		}
		for name, file := range p.embeds {
			replace[filepath.Join(dir, name)] = filepath.Join(module.Dir, file)
		}
	}
	return json.Marshal(map[string]any{"Replace": replace})
}

// goCommand runs the go command in dir and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	with := run.With{Dir: dir, Env: []string{"GOWORK=off", "GOFLAGS=-buildvcs=false", "CGO_ENABLED=0"}}
	return with.Output(ctx, "go", args...)
}
