package mirror

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// entry is a file or a tree of an image's layer.
type entry struct {
	to   string // absolute path in the image
	from string // path on this machine
}

// writeLayer writes a layer's tar file. It is the same for the same content: times and
// owners are left out, so that images share layers and rebuilds keep their digests.
func writeLayer(file string, entries []entry) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := tar.NewWriter(f)
	made := map[string]bool{".": true}
	for _, e := range entries {
		if err = addTree(w, e, made); err != nil {
			break
		}
	}
	return errors.Join(err, w.Close(), f.Close())
}

func addTree(w *tar.Writer, e entry, made map[string]bool) error {
	to := path.Join(".", e.to)
	if err := addParents(w, path.Dir(to), made); err != nil {
		return err
	}
	return filepath.WalkDir(e.from, func(from string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(e.from, from)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path.Join(to, filepath.ToSlash(rel)), "/")
		if d.IsDir() && made[name] || name == "" {
			return nil
		}
		made[name] = true
		return addFile(w, name, from, d)
	})
}

func addParents(w *tar.Writer, dir string, made map[string]bool) error {
	dir = strings.TrimPrefix(dir, "/")
	if dir == "" || made[dir] {
		return nil
	}
	if err := addParents(w, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755})
}

func addFile(w *tar.Writer, name, from string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(from); err != nil {
			return err
		}
	}
	full, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h := &tar.Header{Typeflag: full.Typeflag, Name: name, Linkname: link, Size: full.Size, Mode: full.Mode}
	if info.IsDir() {
		h.Name += "/"
	}
	if err := w.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
