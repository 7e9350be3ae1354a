package scripttest

import (
	"slices"
	"strings"
	"testing"
)

// Tests run as root too: a script that forgets sudo must not reach the machine's own files.
func TestHostKeepsScriptsFromTheMachine(t *testing.T) {
	t.Parallel()
	h := NewHost(t, map[string]string{"systemctl": ""})
	if succeeded, output, _ := h.Run("echo x | tee /etc/scripttest >/dev/null", ""); succeeded ||
		!strings.Contains(output, "use sudo") {
		t.Errorf("without sudo: succeeded: %v: %s", succeeded, output)
	}
	succeeded, output, calls := h.Run("echo x | sudo tee /etc/scripttest; sudo systemctl restart /etc/scripttest", "")
	if !succeeded || output != "x\n" || h.Read("etc/scripttest") != "x\n" {
		t.Errorf("with sudo: succeeded: %v, file %q: %s", succeeded, h.Read("etc/scripttest"), output)
	}
	if !slices.Equal(calls, []string{"systemctl restart /etc/scripttest"}) {
		t.Errorf("calls are %q", calls)
	}
}
