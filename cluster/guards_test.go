package cluster

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hello-kubernetes/tests/scripttest"
)

// Every script may run at any time again, also after a run that broke off. Here they run on a pretended host.

const (
	reset   = "kubeadm reset --force"
	initial = "kubeadm init --config /etc/kubernetes/kubeadm.yaml --skip-token-print"
	noCNI   = "ip link delete cni0"
	noVXLAN = "ip link delete flannel.1"
	join    = "kubeadm join --config /run/kubeadm-join.yaml"
	readyz  = "kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz --request-timeout 5s"
)

// run runs a script and checks whether it succeeds and what it calls.
func run(t *testing.T, h *scripttest.Host, script, stdin string, succeeds bool, want ...string) (output string) {
	t.Helper()
	succeeded, output, calls := h.Run(script, stdin)
	if succeeded != succeeds {
		t.Errorf("succeeded: %v, want %v:\n%s", succeeded, succeeds, output)
	}
	if !slices.Equal(calls, want) {
		t.Errorf("called\n%q, want\n%q", calls, want)
	}
	return output
}

// kubeadmHost is a host before its first script. Its kubeadm fails while the file broken is there.
func kubeadmHost(t *testing.T) *scripttest.Host {
	return scripttest.NewHost(t, map[string]string{
		"kubeadm": `[ "$1" = reset ] || [ ! -e "$ROOT/broken" ]`,
		"kubectl": "",
		"sleep":   "",
		"ip":      "exit 1", // there is no such link
		"openssl": `if [ "$1" = x509 ]; then echo "$(<"$ROOT/etc/kubernetes/pki/ca.crt")"; else read -r key; echo "$key"; fi`,
	})
}

func TestInitLeavesARunningClusterAlone(t *testing.T) {
	t.Parallel()
	h := kubeadmHost(t)
	run(t, h, initScript, "one\n", true, reset, initial, readyz)
	run(t, h, initScript, "two\n", true, readyz)
	if got := h.Read("etc/kubernetes/kubeadm.yaml"); got != "two\n" {
		t.Errorf("kubeadm.yaml is %q, want the newest for the next upgrade", got)
	}
}

// What a broken run left behind makes kubeadm refuse the next one.
func TestInitBeginsAnewAfterABrokenRun(t *testing.T) {
	t.Parallel()
	h := kubeadmHost(t)
	h.Write("broken", "")
	run(t, h, initScript, "one\n", false, reset, initial)
	run(t, h, initScript, "one\n", false, reset, initial)
	h.Stub("kubeadm", "")
	run(t, h, initScript, "one\n", true, reset, initial, readyz)
	run(t, h, initScript, "one\n", true, readyz)
}

func TestInitWaitsForTheAPIServer(t *testing.T) {
	t.Parallel()
	h := kubeadmHost(t)
	h.Stub("kubectl", `echo x >>"$ROOT/asked"; [ "$(<"$ROOT/asked")" = $'x\nx\nx' ]`)
	run(t, h, initScript, "one\n", true, reset, initial, readyz, "sleep 1", readyz, "sleep 1", readyz)
}

// Another key could not read what this one has encrypted, so the first one stays, whatever happens to the run.
func TestInitMakesTheKeyOfSecretsOnce(t *testing.T) {
	t.Parallel()
	file := "etc/kubernetes/apiserver/encryption.yaml"
	h := kubeadmHost(t)
	h.Write("broken", "")
	output := run(t, h, initScript, "one\n", false, reset, initial)
	made := h.Read(file)
	key := secretboxKey(t, made)
	h.Stub("kubeadm", "")
	output += run(t, h, initScript, "one\n", true, reset, initial, readyz)
	output += run(t, h, initScript, "one\n", true, readyz)
	if h.Read(file) != made {
		t.Error("another run has made another key")
	}
	if strings.Contains(output, key) {
		t.Errorf("the key is shown: %s", output)
	}
	if info, err := os.Stat(filepath.Join(h.Root, file)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its file: %v, %v", info.Mode(), err)
	}
	another := kubeadmHost(t)
	run(t, another, initScript, "one\n", true, reset, initial, readyz)
	if secretboxKey(t, another.Read(file)) == key {
		t.Error("two hosts have the same key")
	}
}

// A file without a key, or with half of one, would be kept.
func TestInitKeepsNoHalfMadeKey(t *testing.T) {
	t.Parallel()
	for failing, call := range map[string]string{"head": "head -c 32 /dev/urandom", "base64": "base64 "} {
		h := kubeadmHost(t)
		h.Stub(failing, "exit 1")
		run(t, h, initScript, "one\n", false, call)
		if h.Exists("etc/kubernetes/apiserver/encryption.yaml") {
			t.Errorf("%s fails, and there is a file", failing)
		}
	}
}

// secretboxKey returns the first key, by which Secrets are encrypted.
func secretboxKey(t *testing.T, text string) string {
	t.Helper()
	config := scripttest.Documents[struct {
		Resources []struct {
			Resources []string
			Providers []map[string]struct {
				Keys []struct{ Name, Secret string }
			}
		}
	}](t, text)
	if len(config) != 1 || len(config[0].Resources) != 1 ||
		!slices.Equal(config[0].Resources[0].Resources, []string{"secrets"}) {
		t.Fatal("Secrets are not what is encrypted")
	}
	keys := config[0].Resources[0].Providers[0]["secretbox"].Keys
	if len(keys) != 1 {
		t.Fatalf("%d keys come first", len(keys))
	}
	if raw, err := base64.StdEncoding.DecodeString(keys[0].Secret); err != nil || len(raw) != 32 {
		t.Fatalf("the key has %d bytes, %v, want 32", len(raw), err)
	}
	return keys[0].Secret
}

// Requests and answers hold what Secrets hold, so the log has neither.
func TestAuditLogHasNoContents(t *testing.T) {
	t.Parallel()
	h := kubeadmHost(t)
	run(t, h, initScript, "one\n", true, reset, initial, readyz)
	policies := scripttest.Documents[struct {
		Rules []map[string]any
	}](t, h.Read("etc/kubernetes/apiserver/audit.yaml"))
	rules := policies[0].Rules
	for _, rule := range rules {
		if rule["level"] != "None" && rule["level"] != "Metadata" {
			t.Errorf("a rule logs on the level %v", rule["level"])
		}
	}
	if last := rules[len(rules)-1]; len(last) != 1 || last["level"] != "Metadata" {
		t.Errorf("what no rule before names falls under %v", last)
	}
}

// A cluster's CA as openssl's stub has it, and the hash that sha256sum makes of it.
const ca = "this cluster"

func caHash(t *testing.T) string {
	t.Helper()
	_, output, _ := scripttest.NewHost(t, nil).Run("echo '"+ca+"' | sha256sum", "")
	hash, _, _ := strings.Cut(output, " ")
	return hash
}

// member makes the host a member of the cluster with a CA.
func member(h *scripttest.Host, ca string) {
	h.Write("etc/kubernetes/kubelet.conf", "")
	h.Write("etc/kubernetes/pki/ca.crt", ca+"\n")
}

// scriptsOfWorker returns the rendered join.sh and leave.sh.
func scriptsOfWorker(t *testing.T) (join, leave string) {
	t.Helper()
	r := record(t, 1, nil)
	return r.Get(t, "worker-0-join").Text("create"), r.Get(t, "worker-0-ready").Text("delete")
}

func TestJoinDoesNothingInItsCluster(t *testing.T) {
	t.Parallel()
	script, _ := scriptsOfWorker(t)
	h := kubeadmHost(t)
	stdin := "abcdef.0123456789abcdef " + caHash(t) + "\n"
	run(t, h, script, stdin, true, reset, noCNI, noVXLAN, join)
	member(h, ca)
	succeeded, output, calls := h.Run(script, stdin)
	slices.Sort(calls) // the ends of a pipe start in any order
	if want := []string{"openssl pkey -pubin -outform der", "openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -pubkey"}; !succeeded ||
		!slices.Equal(calls, want) {
		t.Errorf("a member called %q, want only a look at the CA: %s", calls, output)
	}
}

func TestJoinLeavesAnotherCluster(t *testing.T) {
	t.Parallel()
	script, _ := scriptsOfWorker(t)
	h := kubeadmHost(t)
	member(h, "another cluster")
	h.Write("run/flannel/subnet.env", "FLANNEL_SUBNET=10.244.2.1/24\n")
	succeeded, output, calls := h.Run(script, "abcdef.0123456789abcdef "+caHash(t))
	if want := []string{reset, noCNI, noVXLAN, join}; !succeeded || len(calls) != 6 || !slices.Equal(calls[2:], want) {
		t.Errorf("called %q, want %q after a look at the CA: %s", calls, want, output)
	}
	if h.Exists("run/flannel/subnet.env") {
		t.Error("the pods' addresses in the other cluster are still known")
	}
}

// The file with the token is there only while kubeadm reads it, and the token is in no argument, which every user can
// see.
func TestJoinKeepsTheTokenToItself(t *testing.T) {
	t.Parallel()
	script, _ := scriptsOfWorker(t)
	h := kubeadmHost(t)
	h.Stub("kubeadm", `if [ "$1" = join ]; then
	echo "$(<"$3")" >"$ROOT/seen"
	echo "$(umask)" >"$ROOT/umask"
	[ ! -e "$ROOT/broken" ]
fi`)
	for _, broken := range []bool{false, true} {
		if broken {
			h.Write("broken", "")
		}
		output := run(t, h, script, "abcdef.0123456789abcdef 1234\n", !broken, reset, noCNI, noVXLAN, join)
		if seen := h.Read("seen"); !strings.Contains(seen, "token: abcdef.0123456789abcdef\n") ||
			!strings.Contains(seen, `["sha256:1234"]`) {
			t.Errorf("kubeadm reads\n%s", seen)
		}
		if h.Exists("run/kubeadm-join.yaml") {
			t.Errorf("after a join that broke: %v, the file with the token is left over", broken)
		}
		if strings.Contains(output, "abcdef") {
			t.Errorf("the token is shown: %s", output)
		}
		if h.Read("umask") != "0077\n" {
			t.Errorf("files are made with the umask %s", h.Read("umask"))
		}
	}
}

func TestJoinNeedsATokenAndAHash(t *testing.T) {
	t.Parallel()
	script, _ := scriptsOfWorker(t)
	for _, stdin := range []string{"", "abcdef.0123456789abcdef"} {
		run(t, kubeadmHost(t), script, stdin, false)
	}
}

const (
	getNode = "kubectl --kubeconfig /etc/kubernetes/admin.conf get node --field-selector metadata.name=worker-0 --selector " +
		"hello-kubernetes/instance=hello-kubernetes-test-worker-0-instance -o name"
	drainNode  = "kubectl --kubeconfig /etc/kubernetes/admin.conf drain worker-0 --ignore-daemonsets --delete-emptydir-data --force --timeout 180s"
	deleteNode = "kubectl --kubeconfig /etc/kubernetes/admin.conf delete node worker-0 --ignore-not-found"
)

func TestLeaveDrainsBeforeItDeletes(t *testing.T) {
	t.Parallel()
	_, script := scriptsOfWorker(t)
	h := scripttest.NewHost(t, map[string]string{"kubectl": `case " $* " in
*" get node "*) [ -e "$ROOT/gone" ] || echo node/worker-0 ;;
*" delete node "*) : >"$ROOT/gone" ;;
esac`})
	run(t, h, script, "", true, getNode, drainNode, deleteNode)
	run(t, h, script, "", true, getNode) // nothing left to do
}

// Pods that cannot move stay where they are; and a cluster that does not answer is no cluster without the node.
func TestLeaveStopsAtErrors(t *testing.T) {
	t.Parallel()
	_, script := scriptsOfWorker(t)
	h := scripttest.NewHost(t, map[string]string{"kubectl": `case " $* " in
*" get node "*) echo node/worker-0 ;;
*" drain "*) exit 1 ;;
esac`})
	run(t, h, script, "", false, getNode, drainNode)
	h.Stub("kubectl", "exit 1")
	run(t, h, script, "", false, getNode)
}
