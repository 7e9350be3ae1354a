package program

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// A host has the security groups of its roles, and the outputs tell of every host, whatever roles it has. Only the edge
// is reached from outside, the others over it.
func TestHostsAreWhatTheirRolesSay(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		outputs, hosts := s.Get(t, recorder.StackOutputs), s.config.Hosts()
		listed, entries := outputs.Property("hosts").ArrayValue(), strings.Split(outputs.Text("sshConfig"), "Host ")[1:]
		if instances := s.Of(recorder.Instance); len(instances) != len(hosts) || len(listed) != len(hosts) ||
			len(entries) != len(hosts) {
			t.Fatalf("%d instances, %d hosts in the output hosts and %d in sshConfig, want %d",
				len(instances), len(listed), len(entries), len(hosts))
		}
		for i, host := range hosts {
			var groups []string
			for _, role := range host.Roles {
				groups = append(groups, s.Get(t, "SecurityGroup "+string(role)).ID)
			}
			if got := s.Get(t, "Instance "+host.Name).Texts("vpcSecurityGroupIds"); !slices.Equal(got, groups) {
				t.Errorf("%s has the groups %q, want %q", host.Name, got, groups)
			}
			publicIP, jump := "", "  ProxyJump "+s.edge()+"\n"
			if isEdge(host) {
				publicIP, jump = "203.0.113.10", ""
			}
			output := listed[i].ObjectValue().Mappable()
			got := fmt.Sprint(output["name"], output["roles"], output["instanceType"], output["publicIp"])
			if want := fmt.Sprint(host.Name, host.Roles, host.InstanceType, publicIP); got != want {
				t.Errorf("host %d is listed as %s, want %s", i, got, want)
			}
			address := cmp.Or(publicIP, fmt.Sprint(output["privateIp"]))
			if want := host.Name + "\n  HostName " + address + "\n  User admin\n" + jump; entries[i] != want {
				t.Errorf("%s is reached by\n%s\nwant\n%s", host.Name, entries[i], want)
			}
		}
	})
}
