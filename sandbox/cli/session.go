package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"hello-kubernetes/sandbox/instances"
)

// printEnvironment prints lines for eval.
func printEnvironment(_ context.Context, c *clone, _ []string) error {
	variables := c.variables()
	variables["PATH"] = c.path("bin") + ":$PATH"
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		value := variables[name]
		if name == "PATH" {
			fmt.Printf("export PATH=%s:\"$PATH\"\n", quote(c.path("bin")))
			continue
		}
		fmt.Printf("export %s=%s\n", name, quote(value))
	}
	return nil
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// secureShell logs in to a node, or runs a command there.
func secureShell(_ context.Context, c *clone, args []string) error {
	config := c.path("ssh_config-" + c.stack)
	if !exists(config) {
		return fmt.Errorf("the stack %s is not up: run make up", c.stack)
	}
	// ssh takes this process's place, so that the terminal is its own.
	return syscall.Exec("/usr/bin/ssh", append([]string{"ssh", "-F", config}, args...), os.Environ())
}

// status shows the stack's hosts and whether the app answers.
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
	for _, host := range out.Hosts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", host.Name, strings.Join(host.Roles, ", "), host.InstanceType, host.PrivateIP, host.PublicIP)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	client := http.Client{Timeout: 5 * time.Second}
	answer := "does not answer"
	if response, err := client.Get(out.URL + "/ping"); err == nil {
		response.Body.Close()
		answer = response.Status
	}
	fmt.Printf("\n%s/ping  %s\n", out.URL, answer)
	return nil
}
