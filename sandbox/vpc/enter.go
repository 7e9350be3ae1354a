package vpc

import (
	"errors"
	"fmt"
)

// In calls f in a namespace, on a thread of its own. Sockets that f opens stay in the namespace.
func In(namespace string, f func() error) error { return InFile(Path(namespace), f) }

// InFile is In for the namespace that a file is, such as a process's.
func InFile(file string, f func() error) error {
	ns, err := openFile(file)
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", file, err)
	}
	return errors.Join(inNamespace(ns, f), ns.Close())
}
