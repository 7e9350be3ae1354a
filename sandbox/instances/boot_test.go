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

// lab is an instance of a test's own. Its network namespace is connected with the client's and with no other.
type lab struct {
	*testing.T
	Instance
	client string // a network namespace
	key    string // file of the private key
}

// newLab builds the image, if it is missing, and makes the namespaces. The instance does not run yet.
func newLab(t *testing.T) *lab {
	t.Helper()
	lack := func(remedy string) {
		t.Helper()
		if os.Getenv("CI") == "true" {
			t.Fatal(remedy)
		}
		t.Skip(remedy)
	}
	if os.Geteuid() != 0 {
		lack("instances need root: run this test with sudo")
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
	l := &lab{T: t, key: filepath.Join(t.TempDir(), "key")}
	l.makeNamespaces()
	l.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l.key)
	public, err := os.ReadFile(l.key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	l.Hostname, l.PublicKey, l.Resolver = "ip-10-77-0-2", string(public), netip.MustParseAddr("10.77.0.1")
	t.Cleanup(func() {
		if t.Failed() {
			console, err := podman(context.Background(), "logs", name(l.ID))
			t.Log(console, err)
		}
		if err := Remove(context.Background(), l.ID); err != nil {
			t.Error(err)
		}
	})
	return l
}

// makeNamespaces makes both namespaces: the instance is at 10.77.0.2, the client at 10.77.0.1.
func (l *lab) makeNamespaces() {
	l.Helper()
	own := fmt.Sprintf("hkt-%d-m", os.Getpid())
	l.client = fmt.Sprintf("hkt-%d-c", os.Getpid())
	l.ID, l.Namespace = own, "/run/netns/"+own
	for _, namespace := range []string{own, l.client} {
		l.command("ip", "netns", "add", namespace)
		l.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", namespace).Run() })
	}
	l.command("ip", "link", "add", "eth0", "netns", own, "type", "veth", "peer", "name", "eth0", "netns", l.client)
	for namespace, address := range map[string]string{own: "10.77.0.2/24", l.client: "10.77.0.1/24"} {
		l.command("ip", "-n", namespace, "address", "add", address, "dev", "eth0")
		l.command("ip", "-n", namespace, "link", "set", "eth0", "up")
		l.command("ip", "-n", namespace, "link", "set", "lo", "up")
	}
}

func (l *lab) command(args ...string) string {
	l.Helper()
	out, err := exec.CommandContext(l.Context(), args[0], args[1:]...).CombinedOutput()
	if err != nil {
		l.Fatalf("%q: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (l *lab) run() {
	l.Helper()
	if err := Run(l.Context(), l.Instance); err != nil {
		l.Fatal(err)
	}
}

// ssh runs a command over SSH, as soon as the instance lets its user in, and returns its output.
func (l *lab) ssh(command string) string {
	l.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		out, err := exec.CommandContext(l.Context(), "ip", "netns", "exec", l.client, "ssh", "-i", l.key,
			"-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
			"-o", "LogLevel=ERROR", "-o", "ConnectTimeout=2", "admin@10.77.0.2", command).CombinedOutput()
		if err == nil {
			return strings.TrimSpace(string(out))
		}
		if time.Now().After(deadline) {
			l.Fatalf("ssh %q: %v: %s", command, err, out)
		}
		time.Sleep(50 * time.Millisecond) // the interval of the probe
	}
}

// want asserts the output of commands, which are the keys.
func (l *lab) want(answers map[string]string) {
	l.Helper()
	for command, want := range answers {
		if got := l.ssh(command); got != want {
			l.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}

// size prints the memory in MiB and the CPUs that programs see.
const size = "free -m | awk '/^Mem/ {print $2}'; grep -c ^processor /proc/cpuinfo; cat /sys/devices/system/cpu/online"

func TestInstance(t *testing.T) {
	l := newLab(t)
	hostKey := filepath.Join(t.TempDir(), "host")
	l.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", hostKey)
	private, err := os.ReadFile(hostKey)
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(hostKey + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	l.UserData = fmt.Sprintf("#cloud-config\nssh_keys:\n  ed25519_private: |\n    %s\n  ed25519_public: %s",
		strings.ReplaceAll(strings.TrimSpace(string(private)), "\n", "\n    "), public)
	l.Type = Types["t2.nano"]
	panicSetting := l.command("cat", "/proc/sys/kernel/panic")

	began := time.Now()
	l.run()
	started := time.Since(began)
	l.ssh("true")
	t.Logf("started after %v, ssh after %v", started, time.Since(began))
	l.want(map[string]string{
		"sudo systemctl is-system-running --wait": "running",
		"cloud-init status":                       "status: done",
		"hostname":                                "ip-10-77-0-2",
		"sudo id -un":                             "root", // and without a word about a name that does not resolve
		size:                                      "512\n1\n0",
		"cat /etc/ssh/ssh_host_*.pub":             strings.TrimSpace(string(public)),
		"cat /etc/resolv.conf":                    "nameserver 10.77.0.1",
		"cat /proc/sys/net/bridge/bridge-nf-call-iptables": "1",
		// What the node's set-up does. It would fail if the file were a mount.
		"echo 10.0.0.1 api | sudo tee -a /etc/hosts >/dev/null; sudo sed -i '/ api$/d' /etc/hosts; ! grep api /etc/hosts": "",
		// The kubelet's way to set the kernel.
		"echo 77 | sudo tee /proc/sys/kernel/panic >/dev/null; cat /proc/sys/kernel/panic": "77",
		"sudo update-ca-certificates >/dev/null 2>&1; ls /etc/ssl/certs | grep -c sandbox": "1",
	})
	if now := l.command("cat", "/proc/sys/kernel/panic"); now != panicSetting {
		t.Errorf("the host's kernel.panic went from %s to %s", panicSetting, now)
	}

	if console := l.command("podman", "logs", name(l.ID)); !strings.Contains(console, "Welcome to") {
		t.Errorf("the console has no boot: %q", console)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if err := Copy(t.Context(), l.ID, "/usr/bin/sudo", copied); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("the copy of a program is no program: %v", err)
	}

	began = time.Now()
	if err := Remove(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
	t.Logf("removed after %v", time.Since(began))
	left := l.command("podman", "ps", "--all", "--filter=name="+name(l.ID), "--quiet") +
		l.command("podman", "volume", "ls", "--filter=name="+name(l.ID), "--quiet")
	if left != "" || exists(dir(l.ID)) {
		t.Errorf("left is %q in podman, and the folder: %v", left, exists(dir(l.ID)))
	}
	if err := Remove(t.Context(), l.ID); err != nil {
		t.Errorf("remove what is not there: %v", err)
	}
}

func TestInstanceThatStopsAndStarts(t *testing.T) {
	l := newLab(t)
	l.Type = Types["t2.nano"]
	l.run()
	key := l.ssh("cat /etc/ssh/ssh_host_ed25519_key.pub; echo root | sudo tee /etc/mark; echo var | sudo tee /var/mark")
	l.run() // which changes nothing of one that runs
	if err := Stop(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
	if status := l.status(); status.State != "stopped" {
		t.Errorf("after Stop it is %+v", status)
	}

	l.Type = Types["t3.micro"]
	l.run()
	began := l.status().Started
	l.want(map[string]string{
		"cat /etc/ssh/ssh_host_ed25519_key.pub /etc/mark /var/mark": key,
		size: "1024\n2\n0-1",
		"sudo systemctl is-system-running --wait": "running",
	})

	l.command("podman", "exec", name(l.ID), "systemctl", "reboot")
	l.awaits("a reboot", func(now Status) bool { return now.State == "running" && now.Started.After(began) })
	l.want(map[string]string{"cat /etc/mark": "root"})
	l.command("podman", "exec", name(l.ID), "systemctl", "poweroff")
	l.awaits("a power-off", func(now Status) bool { return now.State == "stopped" })
}

func (l *lab) status() Status {
	l.Helper()
	all, err := List(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	for _, status := range all {
		if status.ID == l.ID {
			return status
		}
	}
	l.Fatalf("%s is not in %+v", l.ID, all)
	return Status{}
}

// awaits waits until the status of the instance is as it should be after something has happened.
func (l *lab) awaits(after string, is func(Status) bool) {
	l.Helper()
	if err := await(l.Context(), 20*time.Second, func() bool { return is(l.status()) }); err != nil {
		l.Fatalf("after %s it is %+v: %v", after, l.status(), err)
	}
}
