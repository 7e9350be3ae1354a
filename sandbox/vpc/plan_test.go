package vpc

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hello-kubernetes/sandbox/region"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestPlan(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]*region.State{
		"empty":        {},
		"nat-instance": cluster(),
		"nat-gateway":  withNATGateway(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, golden := text(Plan(state)), filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the plan differs from %s; run with -update and look at the difference", golden)
			}
			if again := text(Plan(state)); again != got {
				t.Error("two plans of one state differ")
			}
		})
	}
}

func TestLinkNames(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"i-0123456789abcdef0": "i-456789abcdef0", "i-1": "i-i-1"} {
		if got := linkName("i", id); got != want || len(got) > 15 {
			t.Errorf("link of %s is %s, want %s", id, got, want)
		}
	}
}

func TestConflict(t *testing.T) {
	t.Parallel()
	taken := []used{{netip.MustParseAddr("10.0.3.4"), "the default gateway of this machine"}}
	for cidr, want := range map[string]string{
		"10.0.0.0/16":     "VPC 10.0.0.0/16 contains 10.0.3.4, the default gateway of this machine: choose another vpcCidr",
		"10.1.0.0/16":     "",
		"198.51.100.0/28": "overlaps the sandbox's internet",
	} {
		got := ""
		if err := conflict(netip.MustParsePrefix(cidr), taken); err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || (want == "" && got != "") {
			t.Errorf("conflict of %s is %q, want %q", cidr, got, want)
		}
	}
}

// text returns a network in words like those of ip and nft.
func text(n Network) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("guarded %v", n.Guarded)
	for _, c := range n.Cables {
		for i, e := range c {
			fmt.Fprint(&b, []string{"cable ", " -- "}[i], n.Prefix, e.Namespace, " ", e.Link)
			if e.MAC != nil {
				fmt.Fprint(&b, " ", e.MAC)
			}
		}
		line("")
	}
	for _, s := range n.Namespaces {
		line("\n# %s%s (shared: %t)", n.Prefix, s.Name, s.Shared)
		for _, c := range s.Sysctls {
			line("sysctl %s=%s", c.Key, c.Value)
		}
		for _, c := range s.PerLink {
			line("sysctl per link %s=%s", c.Key, c.Value)
		}
		for _, a := range s.Addresses {
			line("address %s dev %s", a.Prefix, a.Link)
		}
		for _, r := range s.Routes {
			line("route %s dev %q via %v table %d src %v", r.To, r.Link, r.Via, r.Table, r.From)
		}
		for _, r := range s.Rules {
			line("rule %d iif %q fwmark %d lookup %d", r.Priority, r.Link, r.Mark, r.Table)
		}
		b.WriteString(s.Ruleset)
	}
	return b.String()
}
