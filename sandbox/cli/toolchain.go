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
	"hello-kubernetes/sandbox/plugins/kubernetes"
)

// plugins are the stand-ins, by the name of the program that Pulumi starts.
var plugins = map[string]func(){
	"pulumi-resource-aws":        serveAWS,
	"pulumi-resource-command":    command.Main,
	"pulumi-resource-kubernetes": kubernetes.Main,
	"pulumi-language-go":         golang.Main,
}

// fallbacks are the plug-ins that are stood in for only where the official ones cannot be had.
var fallbacks = map[string]string{"command": command.Version, "kubernetes": kubernetes.Version}

// officialDir is the environment variable that names a folder with official plug-ins.
const officialDir = "SANDBOX_PLUGIN_DIR"

// toolchain makes a Pulumi of the clone's own: the CLI, its plug-ins, an empty home and a state in files.
func (c *clone) toolchain(ctx context.Context) error {
	pulumi := lookPath("pulumi")
	if pulumi == "" {
		var err error
		if pulumi, err = engine.CLI(ctx, c.cache, c.root, func(what string) { say("Building %s", what) }); err != nil {
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
	for name, version := range fallbacks {
		official, err := c.official(ctx, name, version)
		if err != nil {
			return err
		}
		if official == "" {
			continue // downloaded
		}
		if err := c.install(name, version, official); err != nil {
			return err
		}
	}
	return nil
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

// official returns the program of a plug-in: an official one if there is one, else the stand-in; or "" after Pulumi has
// downloaded it into its home.
func (c *clone) official(ctx context.Context, name, version string) (string, error) {
	program := "pulumi-resource-" + name
	if dir := os.Getenv(officialDir); dir != "" && exists(filepath.Join(dir, program)) {
		return filepath.Join(dir, program), nil
	}
	if path := lookPath(program); path != "" {
		return path, nil
	}
	home := c.plugin(name, version)
	if info, err := os.Lstat(filepath.Join(home, program)); err == nil && info.Mode().IsRegular() {
		return "", nil
	}
	if !build.Reachable(ctx, "get.pulumi.com") {
		return c.path("bin", "sandbox"), nil
	}
	say("Downloading the plug-in %s %s", name, version)
	if err := os.RemoveAll(home); err != nil {
		return "", err
	}
	return "", run(ctx, c.environment(), c.root, c.path("bin", "pulumi"), "plugin", "install", "resource", name, version)
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

// install makes program a plug-in in Pulumi's home.
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
