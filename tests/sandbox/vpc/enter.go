package vpc

import (
	"errors"
	"fmt"
)

// In calls f in a namespace, on a thread of its own. Sockets that f opens stay in the namespace.
func In(namespace string, f func() error) error {
	ns, err := openNamespace(namespace)
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", namespace, err)
	}
	return errors.Join(inNamespace(ns, f), ns.Close())
}
