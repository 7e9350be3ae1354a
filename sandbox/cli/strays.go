package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// endStrays ends the clone's plugins whose pulumi was killed: they notice it only after minutes, and may be at work
// until then.
func (c *clone) endStrays() error {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	var errs []error
	for _, file := range files {
		arguments, err := os.ReadFile(file)
		if err != nil {
			continue // ended
		}
		program, _, _ := strings.Cut(string(arguments), "\x00")
		if plugins[filepath.Base(program)] == nil || !strings.HasPrefix(program, c.path()+"/") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil || parentName(pid) == "pulumi" {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// parentName returns the name of a process's parent, or nothing.
func parentName(pid int) string {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(status)) {
		if parent, ok := strings.CutPrefix(line, "PPid:"); ok {
			name, _ := os.ReadFile("/proc/" + strings.TrimSpace(parent) + "/comm") // the parent may be gone
			return strings.TrimSpace(string(name))
		}
	}
	return ""
}
