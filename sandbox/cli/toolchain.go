package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"hello-kubernetes/sandbox/engine"
	"hello-kubernetes/sandbox/mirror/build"
	"hello-kubernetes/sandbox/plugins/aws"
	"hello-kubernetes/sandbox/plugins/command"
	"hello-kubernetes/sandbox/plugins/golang"
)

// plugins are the emulated plugins, by the name of the program that Pulumi starts.
var plugins = map[string]func(){
	"pulumi-resource-aws":     serveAWS,
	"pulumi-resource-command": command.Main,
	"pulumi-language-go":      golang.Main,
}

// officialDir is the environment variable that names a folder with official plugins.
const officialDir = "SANDBOX_PLUGIN_DIR"

// toolchain makes a Pulumi of the clone's own: the CLI, its plugins, an empty home and a state in files.
func (c *clone) toolchain(ctx context.Context) error {
	pulumi := lookPath("pulumi")
	if pulumi == "" {
		var err error
		if pulumi, err = c.build(ctx, engine.CLI); err != nil {
			return err
		}
	}
	if err := c.installCLI(pulumi); err != nil {
		return fmt.Errorf("install pulumi in %s: %w", c.path(), err)
	}
	if err := os.MkdirAll(c.state, 0o700); err != nil {
		return err
	}
	if err := c.passphrase(); err != nil {
		return err
	}
	if err := c.install("aws", aws.Version, c.path("bin", "sandbox")); err != nil {
		return err
	}
	own := func() (string, error) { return c.path("bin", "sandbox"), nil }
	if err := c.plug(ctx, "command", command.Version, own); err != nil {
		return err
	}
	version, err := engine.Kubernetes.Version(c.root)
	if err != nil {
		return err
	}
	return c.plug(ctx, "kubernetes", version, func() (string, error) { return c.build(ctx, engine.Kubernetes) })
}

func (c *clone) build(ctx context.Context, program engine.Program) (string, error) {
	return program.Build(ctx, c.cache, c.root, func(what string) { say("Building %s", what) })
}

// installCLI puts pulumi into the clone's bin and the language host beside it, where Pulumi looks first.
func (c *clone) installCLI(pulumi string) error {
	pulumi, err := filepath.EvalSymlinks(pulumi)
	if err != nil {
		return err
	}
	host := c.path("bin", "sandbox")
	for _, dir := range []string{os.Getenv(officialDir), filepath.Dir(pulumi)} {
		if path := filepath.Join(dir, "pulumi-language-go"); dir != "" && exists(path) {
			host = path
		}
	}
	return errors.Join(link(pulumi, c.path("bin", "pulumi")), symlink(host, c.path("bin", "pulumi-language-go")))
}

// plug makes a plugin available: the official one where it is given, found or downloadable, else the one of fallback.
func (c *clone) plug(ctx context.Context, name, version string, fallback func() (string, error)) error {
	program := "pulumi-resource-" + name
	if dir := os.Getenv(officialDir); dir != "" && exists(filepath.Join(dir, program)) {
		return c.install(name, version, filepath.Join(dir, program))
	}
	if path := lookPath(program); path != "" {
		return c.install(name, version, path)
	}
	home := c.plugin(name, version)
	if info, err := os.Lstat(filepath.Join(home, program)); err == nil && info.Mode().IsRegular() {
		return nil // downloaded before
	}
	if !build.Reachable(ctx, "get.pulumi.com") {
		path, err := fallback()
		if err != nil {
			return err
		}
		return c.install(name, version, path)
	}
	say("Downloading the plugin %s %s", name, version)
	if err := os.RemoveAll(home); err != nil {
		return err
	}
	return c.pulumi(ctx, "plugin", "install", "resource", name, version)
}

// lookPath returns a program's path on $PATH, or "". What clones have in their own folders, which may be on $PATH too,
// does not count.
func lookPath(program string) string {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if strings.HasSuffix(dir, "/.sandbox/bin") {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil && dir != "" {
			return path
		}
	}
	return ""
}

func (c *clone) plugin(name, version string) string {
	return c.path("home", "plugins", "resource-"+name+"-v"+version)
}

// install makes program a plugin in Pulumi's home.
func (c *clone) install(name, version, program string) error {
	dir := c.plugin(name, version)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return symlink(program, filepath.Join(dir, "pulumi-resource-"+name))
}

// passphrase makes the one that the clone's stacks encrypt their secrets with.
func (c *clone) passphrase() error {
	if exists(c.path("passphrase")) {
		return nil
	}
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	return os.WriteFile(c.path("passphrase"), []byte(hex.EncodeToString(random)), 0o600)
}

func symlink(target, path string) error {
	if current, err := os.Readlink(path); err == nil && current == target {
		return nil
	}
	if err := os.RemoveAll(path + ".new"); err != nil {
		return err
	}
	return errors.Join(os.Symlink(target, path+".new"), os.Rename(path+".new", path))
}

// link makes path the same file as target, or a copy where they are on different disks.
func link(target, path string) error {
	a, errA := os.Stat(target)
	b, errB := os.Stat(path)
	if errA == nil && errB == nil && (os.SameFile(a, b) || a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())) {
		return nil
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	if os.Link(target, path) == nil {
		return nil
	}
	from, err := os.Open(target)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close(), os.Chtimes(path, a.ModTime(), a.ModTime()))
}
