package instances

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"hello-kubernetes/sandbox/run"
)

// imageName is the machine image of all instances. One tag is a hash of what it was built from; new instances have the
// image with the tag current.
const imageName = "localhost/hello-kubernetes/machine"

// imageConfig is what the image has beside its files. It has no label, because its containers would have that too.
var imageConfig = []string{`--change=CMD ["/sbin/init"]`, "--change=STOPSIGNAL SIGRTMIN+3"}

// recipe has image/build.sh and image/files, which are the image's files beside those of Debian's packages.
//
//go:embed all:image
var recipe embed.FS

// BuildImage gives podman the machine image that new instances have. If podman lacks it, it is built, and progress is
// told so first. ca is the certificate, in PEM, of an authority that instances are to trust. Debian's packages are kept
// below the folder cache. BuildImage fails when a package cannot be downloaded, when podman fails, and when ctx ends;
// it can be called again after each of them.
func BuildImage(ctx context.Context, cache string, ca []byte, progress func(what string)) error {
	ref, err := imageRef(ca)
	if err != nil {
		return err
	}
	if !imageExists(ctx, ref) {
		unlock, err := lock(ctx, filepath.Join(cache, "machine", "build.lock"), exclusive)
		if err != nil {
			return err
		}
		defer unlock()
		if !imageExists(ctx, ref) {
			progress("Debian 13 machine image (about 2 min)")
			if err := buildImage(ctx, filepath.Join(cache, "machine"), ref, ca); err != nil {
				return fmt.Errorf("build the machine image: %w", err)
			}
		}
	}
	if _, err := podman(ctx, "tag", ref, imageName+":current"); err != nil {
		return err
	}
	return removeSuperseded(ctx, ref)
}

// imageRef returns the name of the image that the recipe and the authority make.
func imageRef(ca []byte) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q%q", ca, imageConfig)
	err := fs.WalkDir(recipe, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := recipe.ReadFile(path)
		fmt.Fprintf(h, "%d:%s%d:%s", len(path), path, len(data), data)
		return err
	})
	return imageName + ":" + hex.EncodeToString(h.Sum(nil))[:12], err
}

func imageExists(ctx context.Context, ref string) bool {
	_, err := podman(ctx, "image", "exists", ref)
	return err == nil
}

// buildImage builds the image in a folder of its own, and has podman import it.
func buildImage(ctx context.Context, cache, ref string, ca []byte) (err error) {
	work, debs := filepath.Join(cache, "work"), filepath.Join(cache, "debs")
	// A build that was interrupted leaves files, but no mounts: those end with its mount namespace.
	if err := errors.Join(os.RemoveAll(work), os.MkdirAll(debs, 0o755), os.MkdirAll(work, 0o755)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	files, err := fs.Sub(recipe, "image")
	if err != nil {
		return err
	}
	if err := errors.Join(os.CopyFS(work, files), os.WriteFile(filepath.Join(work, "ca.pem"), ca, 0o644)); err != nil {
		return err
	}
	// All processes of the build end with unshare. It ignores any weaker signal.
	err = run.With{Signal: syscall.SIGKILL}.Run(ctx, "unshare", "--mount", "--mount-proc", "--pid", "--fork",
		"--kill-child", "bash", filepath.Join(work, "build.sh"), work, debs)
	if err != nil {
		return err
	}
	return importImage(ctx, filepath.Join(work, "root"), ref)
}

// importImage makes an image of a folder.
func importImage(ctx context.Context, root, ref string) error {
	tar := exec.CommandContext(ctx, "tar", "--directory", root, "--create", ".")
	content, err := tar.StdoutPipe()
	if err != nil {
		return err
	}
	if err := tar.Start(); err != nil {
		return err
	}
	load := append(append([]string{"import", "--quiet"}, imageConfig...), "-", ref)
	err = run.With{Stdin: content}.Run(ctx, "podman", load...)
	return errors.Join(err, tar.Wait())
}

// removeSuperseded removes the other images that no instance has.
func removeSuperseded(ctx context.Context, ref string) error {
	format := "--format={{.ID}} {{.Repository}}:{{.Tag}}"
	out, err := podman(ctx, "images", "--filter=reference="+imageName, format, "--no-trunc")
	if err != nil {
		return err
	}
	images := map[string]string{} // ID by name
	for line := range strings.Lines(out) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		images[name] = id
	}
	for _, id := range images {
		if id != images[ref] {
			_, _ = podman(ctx, "rmi", id) // podman refuses it while an instance has the image; a later call removes it
		}
	}
	return ctx.Err()
}
