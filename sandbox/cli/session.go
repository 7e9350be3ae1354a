package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"hello-kubernetes/sandbox/instances"
)

// printEnvironment prints lines for eval.
func printEnvironment(_ context.Context, c *clone, _ []string) error {
	fmt.Printf("export PATH=%s:\"$PATH\"\n", quote(c.path("bin")))
	variables := c.variables()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		fmt.Printf("export %s=%s\n", name, quote(variables[name]))
	}
	return nil
}

// quote makes a text one word of a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// sshProgram is the clone's ssh. It changes to the folder of the files that ssh_config names, because ssh with
// ProxyJump fails when the path of its configuration has a space.
const sshProgram = `#!/bin/sh
cd "$(dirname "$0")/.." && exec /usr/bin/ssh -F "ssh_config-${PULUMI_STACK:?}" "$@"
`

// sshConfig is the stack's ssh_config: its hosts, and the files that are beside it.
func (c *clone) sshConfig(hosts string) string {
	return fmt.Sprintf("%s\nHost *\n  IdentityFile key-%s\n  UserKnownHostsFile known_hosts-%[2]s\n"+
		"  StrictHostKeyChecking yes\n  LogLevel ERROR\n", hosts, c.stack)
}

// secureShell logs in to a host, or runs a command there. It fails if the stack has never been up.
func secureShell(_ context.Context, c *clone, args []string) error {
	if !exists(c.path("ssh_config-" + c.stack)) {
		return fmt.Errorf("the stack %s is not up: run make up", c.stack)
	}
	// ssh takes this process's place, so that the terminal is its own.
	env := append(os.Environ(), "PULUMI_STACK="+c.stack)
	return syscall.Exec(c.path("bin", "ssh"), append([]string{"ssh"}, args...), env)
}

// status shows the stack's hosts and whether the app answers. It fails without root.
func status(ctx context.Context, c *clone, _ []string) error {
	if os.Geteuid() != 0 {
		return errors.New("the sandbox's hosts can be seen by root only: run it as root (sudo make status)")
	}
	if !exists(ownerFile) {
		fmt.Println("The sandbox region is down. make up starts it.")
		return nil
	}
	owner, err := os.ReadFile(ownerFile)
	if err != nil {
		return err
	}
	internet := "down"
	if pid := internetPID(); pid != 0 {
		internet = fmt.Sprintf("up (process %d)", pid)
	}
	fmt.Printf("region    of %s\ninternet  %s\n", owner, internet)
	running, err := instances.List(ctx)
	if err != nil {
		return err
	}
	out, err := c.outputs(ctx)
	if err != nil {
		fmt.Printf("hosts     %d\n%s\n", len(running), err)
		return nil
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nHOST\tROLES\tTYPE\tPRIVATE\tPUBLIC")
	for _, h := range out.Hosts {
		roles := strings.Join(h.Roles, ", ")
		fmt.Fprintln(table, strings.Join([]string{h.Name, roles, h.InstanceType, h.PrivateIP, h.PublicIP}, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err := probe(ctx, out.URL+"/ping"); err != nil {
		fmt.Println("The app does not answer:", err)
	}
	return nil
}
