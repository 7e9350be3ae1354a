package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"hello-kubernetes/sandbox/instances"
	"hello-kubernetes/sandbox/internet"
	"hello-kubernetes/sandbox/metadata"
	"hello-kubernetes/sandbox/plugins/aws"
	"hello-kubernetes/sandbox/region"
	"hello-kubernetes/sandbox/vpc"
)

// There is one region on a machine. These are its files in region.Dir, beside its record.
var (
	ownerFile       = filepath.Join(region.Dir, "owner") // the root of the clone that it belongs to
	internetPIDFile = filepath.Join(region.Dir, "internet.pid")
	internetLogFile = filepath.Join(region.Dir, "internet.log")
)

// claim makes the machine's region this clone's, or tells whose it is.
func (c *clone) claim() error {
	owner, err := os.ReadFile(ownerFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case string(owner) != c.root && exists(string(owner)):
		return fmt.Errorf("the region of this machine belongs to %s: run make down there first", owner)
	}
	return errors.Join(os.MkdirAll(region.Dir, 0o700), os.WriteFile(ownerFile, []byte(c.root), 0o600))
}

// raise brings the region up as its record says: the network, the internet and the instances. It returns the instances
// whose containers are gone: they are terminated, as on AWS.
func (c *clone) raise(ctx context.Context) (gone []string, err error) {
	there, err := instances.List(ctx)
	if err != nil {
		return nil, err
	}
	var state *region.State
	err = region.Open(region.Dir).Update(ctx, func(current *region.State) error {
		state = current
		for id := range current.Instances {
			if !slices.ContainsFunc(there, func(host instances.Status) bool { return host.ID == id }) {
				gone = append(gone, id)
				if err := aws.Terminate(current, id); err != nil {
					return err
				}
			}
		}
		return applyNetwork(ctx, current)
	})
	if err != nil {
		return nil, err
	}
	if err := c.startInternet(); err != nil {
		return nil, err
	}
	for id := range state.Instances {
		if err := runInstance(ctx, id, state); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// raze removes everything of the region, whatever state it is in.
func raze(ctx context.Context) error {
	return errors.Join(stopInternet(), instances.RemoveAll(ctx), vpc.Remove(ctx), os.RemoveAll(region.Dir))
}

// applyNetwork makes the network as the state says. The ranges in it are closed on this machine first.
func applyNetwork(ctx context.Context, state *region.State) error {
	return vpc.Apply(ctx, vpc.Plan(state))
}

// runInstance starts an instance of the region, and creates it first if it does not exist.
func runInstance(ctx context.Context, id string, state *region.State) error {
	instance := state.Instances[id]
	spec := instances.Instance{
		ID:        id,
		Hostname:  instance.Hostname(),
		Type:      instances.Types[instance.Type], // the plugin has refused others
		Namespace: vpc.Path(vpc.InstanceNamespace(id)),
		Resolver:  vpc.Resolver(state.VPCs[state.Subnets[instance.Subnet].VPC].CIDR),
		UserData:  instance.UserData,
	}
	if key := state.KeyPairs[instance.Key]; key != nil {
		spec.PublicKey = key.PublicKey
	}
	return instances.Run(ctx, spec)
}

// startInternet starts the internet's servers in a process of their own, which outlives this one.
func (c *clone) startInternet() error {
	if internetPID() != 0 {
		return nil
	}
	log, err := os.OpenFile(internetLogFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	ready, signal, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	command := exec.Command(c.path("bin", "sandbox"), "internet")
	command.Dir, command.Stdout, command.Stderr, command.ExtraFiles = c.root, log, log, []*os.File{signal}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = command.Start()
	signal.Close()
	if err != nil {
		return fmt.Errorf("start the sandbox's internet: %w", err)
	}
	if err := os.WriteFile(internetPIDFile, []byte(strconv.Itoa(command.Process.Pid)), 0o600); err != nil {
		return err
	}
	_ = ready.SetReadDeadline(time.Now().Add(20 * time.Second)) // a pipe has deadlines
	if n, _ := ready.Read(make([]byte, 1)); n == 0 {
		words, _ := os.ReadFile(internetLogFile)
		return fmt.Errorf("the sandbox's internet did not start: %s", strings.TrimSpace(string(words)))
	}
	return command.Process.Release()
}

// serveInternet serves until it is told to end. Descriptor 3, if open, hears when it is ready.
func serveInternet(ctx context.Context, c *clone, _ []string) error {
	listen := func(network, address string) (listener net.Listener, err error) {
		err = vpc.In(vpc.InternetNamespace, func() error {
			listener, err = net.Listen(network, address)
			return err
		})
		return listener, err
	}
	questions, err := listen("tcp", netip.AddrPortFrom(vpc.MetadataAddress, 80).String())
	if err != nil {
		return fmt.Errorf("serve metadata: %w", err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	go func() { stop(metadata.New(region.Open(region.Dir).Read, vpc.MetadataClients).Serve(ctx, questions)) }()
	servers := &internet.Servers{
		Cache:   c.cache,
		Address: vpc.ServiceAddress,
		Listen:  listen,
		ListenPacket: func(network, address string) (conn net.PacketConn, err error) {
			err = vpc.In(vpc.InternetNamespace, func() error {
				conn, err = net.ListenPacket(network, address)
				return err
			})
			return conn, err
		},
	}
	return servers.Serve(ctx, func() {
		ready := os.NewFile(3, "ready")
		_, _ = ready.Write([]byte{1}) // nobody may listen
		ready.Close()
	})
}

// internetPID returns the process of the internet, or 0.
func internetPID() int {
	data, err := os.ReadFile(internetPIDFile)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(data))
	if err != nil {
		return 0
	}
	words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.HasSuffix(string(words), "/sandbox\x00internet\x00") {
		return 0 // another process has its number by now
	}
	return pid
}

func stopInternet() error {
	pid := internetPID()
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the sandbox's internet: %w", err)
	}
	for range 100 {
		if internetPID() == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// What the sandbox needs of the machine, in bytes.
const (
	diskNeeded   = 12 << 30
	memoryNeeded = 6 << 30
)

// checkMachine tells what the machine lacks, and what to do about it.
func checkMachine(cache string) error {
	if os.Geteuid() != 0 {
		return errors.New("the sandbox makes network namespaces and containers: run it as root (sudo make up)")
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	for _, dir := range []string{cache, "/var/lib"} {
		var disk unix.Statfs_t
		if err := unix.Statfs(dir, &disk); err != nil {
			return fmt.Errorf("look at the disk of %s: %w", dir, err)
		}
		if free := disk.Bavail * uint64(disk.Bsize); free < diskNeeded && !exists(ownerFile) {
			return fmt.Errorf("%s has %d GiB free, the sandbox needs %d: free some space, or set XDG_CACHE_HOME to another disk",
				dir, free>>30, diskNeeded>>30)
		}
	}
	var memory unix.Sysinfo_t
	if err := unix.Sysinfo(&memory); err != nil {
		return err
	}
	if total := memory.Totalram * uint64(memory.Unit); total < memoryNeeded {
		return fmt.Errorf("the machine has %d GiB of memory, the sandbox needs %d: use a larger one",
			total>>30, memoryNeeded>>30)
	}
	return nil
}
