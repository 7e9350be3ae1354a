package run

import (
	"os"
	"os/exec"
	"path/filepath"
)

// Need is a program, or the path of a file, and the Debian package that has it.
type Need struct{ File, Debian string }

// Missing returns the Debian packages of what this machine lacks.
func Missing(needs ...Need) []string {
	var missing []string
	for _, need := range needs {
		path := need.File
		if !filepath.IsAbs(path) {
			path = "/usr/sbin/" + path // which is not on everybody's PATH
		}
		_, notFound := exec.LookPath(need.File)
		if _, err := os.Stat(path); err != nil && notFound != nil {
			missing = append(missing, need.Debian)
		}
	}
	return missing
}
