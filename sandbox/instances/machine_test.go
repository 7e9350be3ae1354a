package instances

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hello-kubernetes/sandbox/mirror"
)

// machine is a machine of a test's own, in a namespace that is joined with one for its client, and with no other.
type machine struct {
	*testing.T
	host   Host
	client string // namespace
	key    string // file of the private key
}

// newMachine makes the image, if it is missing, and the namespaces; the test runs the machine.
func newMachine(t *testing.T) *machine {
	t.Helper()
	lack := func(remedy string) {
		t.Helper()
		if os.Getenv("CI") == "true" {
			t.Fatal(remedy)
		}
		t.Skip(remedy)
	}
	if os.Geteuid() != 0 {
		lack("machines need root: run this test with sudo")
	}
	if missing := Packages(); len(missing) > 0 {
		lack("apt-get install " + strings.Join(missing, " "))
	}
	cache, err := mirror.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	ca, err := mirror.CA(cache)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := imageRef(ca)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("CI") != "true" && !imageExists(t.Context(), ref) {
		t.Skip("there is no machine image: make up builds it")
	}
	if err := BuildImage(t.Context(), cache, ca, func(what string) { t.Log("building", what) }); err != nil {
		t.Fatal(err)
	}
	m := &machine{T: t, key: filepath.Join(t.TempDir(), "key")}
	m.makeNamespaces()
	m.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", m.key)
	public, err := os.ReadFile(m.key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	m.host.Hostname, m.host.PublicKey, m.host.Resolver = "ip-10-77-0-2", string(public), netip.MustParseAddr("10.77.0.1")
	t.Cleanup(func() {
		if t.Failed() {
			console, err := Console(context.Background(), m.host.ID)
			t.Log(console, err)
		}
		if err := Remove(context.Background(), m.host.ID); err != nil {
			t.Error(err)
		}
	})
	return m
}

// makeNamespaces makes the machine's end at 10.77.0.2, the client's at 10.77.0.1.
func (m *machine) makeNamespaces() {
	m.Helper()
	own := fmt.Sprintf("hkt-%d-m", os.Getpid())
	m.client = fmt.Sprintf("hkt-%d-c", os.Getpid())
	m.host.ID, m.host.Namespace = own, "/run/netns/"+own
	for _, namespace := range []string{own, m.client} {
		m.command("ip", "netns", "add", namespace)
		m.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", namespace).Run() })
	}
	m.command("ip", "link", "add", "eth0", "netns", own, "type", "veth", "peer", "name", "eth0", "netns", m.client)
	for namespace, address := range map[string]string{own: "10.77.0.2/24", m.client: "10.77.0.1/24"} {
		m.command("ip", "-n", namespace, "address", "add", address, "dev", "eth0")
		m.command("ip", "-n", namespace, "link", "set", "eth0", "up")
		m.command("ip", "-n", namespace, "link", "set", "lo", "up")
	}
}

func (m *machine) command(args ...string) string {
	m.Helper()
	out, err := exec.CommandContext(m.Context(), args[0], args[1:]...).CombinedOutput()
	if err != nil {
		m.Fatalf("%q: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (m *machine) run() {
	m.Helper()
	if err := Run(m.Context(), m.host); err != nil {
		m.Fatal(err)
	}
}

// ssh runs a command in the machine as its user logs in, as soon as that is possible, and returns its output.
func (m *machine) ssh(command string) string {
	m.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		out, err := exec.CommandContext(m.Context(), "ip", "netns", "exec", m.client, "ssh", "-i", m.key, "-o", "BatchMode=yes",
			"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=2",
			"admin@10.77.0.2", command).CombinedOutput()
		if err == nil {
			return strings.TrimSpace(string(out))
		}
		if time.Now().After(deadline) {
			m.Fatalf("ssh %q: %v: %s", command, err, out)
		}
		time.Sleep(50 * time.Millisecond) // the interval of the probe
	}
}

// want compares what commands say in the machine.
func (m *machine) want(answers map[string]string) {
	m.Helper()
	for command, want := range answers {
		if got := m.ssh(command); got != want {
			m.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}

// size has the memory in MiB and the CPUs that programs see.
const size = "free -m | awk '/^Mem/ {print $2}'; grep -c ^processor /proc/cpuinfo; cat /sys/devices/system/cpu/online"

func TestMachine(t *testing.T) {
	m := newMachine(t)
	hostKey := filepath.Join(t.TempDir(), "host")
	m.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", hostKey)
	private, err := os.ReadFile(hostKey)
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(hostKey + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	m.host.UserData = fmt.Sprintf("#cloud-config\nssh_keys:\n  ed25519_private: |\n    %s\n  ed25519_public: %s",
		strings.ReplaceAll(strings.TrimSpace(string(private)), "\n", "\n    "), public)
	m.host.Memory, m.host.CPUs = 512<<20, 1
	panicSetting := m.command("cat", "/proc/sys/kernel/panic")

	began := time.Now()
	m.run()
	started := time.Since(began)
	m.ssh("true")
	t.Logf("started after %v, ssh after %v", started, time.Since(began))
	m.want(map[string]string{
		"sudo systemctl is-system-running --wait": "running",
		"cloud-init status":                       "status: done",
		"hostname":                                "ip-10-77-0-2",
		"sudo id -un":                             "root", // and without a word about a name that does not resolve
		size:                                      "512\n1\n0",
		"cat /etc/ssh/ssh_host_*.pub":             strings.TrimSpace(string(public)),
		"cat /etc/resolv.conf":                    "nameserver 10.77.0.1",
		"cat /proc/sys/net/bridge/bridge-nf-call-iptables": "1",
		// What the node's set-up does: the file must not be a mount.
		"echo 10.0.0.1 api | sudo tee -a /etc/hosts >/dev/null; sudo sed -i '/ api$/d' /etc/hosts; grep -c api /etc/hosts || true": "0",
		// The kubelet's way to set the kernel.
		"echo 77 | sudo tee /proc/sys/kernel/panic >/dev/null; cat /proc/sys/kernel/panic": "77",
		"sudo update-ca-certificates 2>&1 | head -1; ls /etc/ssl/certs | grep -c sandbox":  "Updating certificates in /etc/ssl/certs...\n1",
	})
	if now := m.command("cat", "/proc/sys/kernel/panic"); now != panicSetting {
		t.Errorf("the host's kernel.panic went from %s to %s", panicSetting, now)
	}

	if console, err := Console(t.Context(), m.host.ID); err != nil || !strings.Contains(console, "Welcome to") {
		t.Errorf("the console has no boot: %v, %q", err, console)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if err := Copy(t.Context(), m.host.ID, "/usr/bin/sudo", copied); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("the copy of a program is no program: %v", err)
	}

	began = time.Now()
	if err := Remove(t.Context(), m.host.ID); err != nil {
		t.Fatal(err)
	}
	t.Logf("removed after %v", time.Since(began))
	left := m.command("podman", "ps", "--all", "--filter=name="+name(m.host.ID), "--quiet") +
		m.command("podman", "volume", "ls", "--filter=name="+name(m.host.ID), "--quiet")
	if left != "" || exists(dir(m.host.ID)) {
		t.Errorf("left is %q in podman, and the folder: %v", left, exists(dir(m.host.ID)))
	}
	if err := Remove(t.Context(), m.host.ID); err != nil {
		t.Errorf("remove what is not there: %v", err)
	}
}

func TestMachineThatStopsAndStarts(t *testing.T) {
	m := newMachine(t)
	m.host.Memory, m.host.CPUs = 512<<20, 1
	m.run()
	key := m.ssh("cat /etc/ssh/ssh_host_ed25519_key.pub; echo root | sudo tee /etc/mark; echo var | sudo tee /var/mark")
	m.run() // of one that runs is nothing
	if err := Stop(t.Context(), m.host.ID); err != nil {
		t.Fatal(err)
	}
	if status := m.status(); status.State != "stopped" {
		t.Errorf("after Stop it is %+v", status)
	}

	m.host.Memory, m.host.CPUs = 1<<30, 2
	m.run()
	began := m.status().Started
	m.want(map[string]string{
		"cat /etc/ssh/ssh_host_ed25519_key.pub /etc/mark /var/mark": key,
		size: "1024\n2\n0-1",
		"sudo systemctl is-system-running --wait": "running",
	})

	m.command("podman", "exec", name(m.host.ID), "systemctl", "reboot")
	m.awaits("a reboot", func(now Status) bool { return now.State == "running" && now.Started.After(began) })
	m.want(map[string]string{"cat /etc/mark": "root"})
	m.command("podman", "exec", name(m.host.ID), "systemctl", "poweroff")
	m.awaits("a power-off", func(now Status) bool { return now.State == "stopped" })
}

func (m *machine) status() Status {
	m.Helper()
	all, err := List(m.Context())
	if err != nil {
		m.Fatal(err)
	}
	for _, status := range all {
		if status.ID == m.host.ID {
			return status
		}
	}
	m.Fatalf("%s is not in %+v", m.host.ID, all)
	return Status{}
}

// awaits waits until the machine's status is as it should be after something.
func (m *machine) awaits(after string, is func(Status) bool) {
	m.Helper()
	if err := await(m.Context(), 20*time.Second, func() bool { return is(m.status()) }); err != nil {
		m.Fatalf("after %s it is %+v: %v", after, m.status(), err)
	}
}
