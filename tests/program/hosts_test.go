package program

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/tests/recorder"
)

// A host has the security groups of its roles, and the outputs tell of every host, whatever roles it has.
func TestHostsAreWhatTheirRolesSay(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		listed := s.Get(t, recorder.StackOutputs).Property("hosts").ArrayValue()
		hosts := s.config.Hosts()
		if len(listed) != len(hosts) || len(s.Of(recorder.Instance)) != len(hosts) {
			t.Fatalf(
				"%d hosts are listed, %d instances registered, want %d",
				len(listed),
				len(s.Of(recorder.Instance)),
				len(hosts),
			)
		}
		ssh := s.Get(t, recorder.StackOutputs).Text("sshConfig")
		edges := 0
		for i, host := range hosts {
			var groups []string
			for _, role := range host.Roles {
				groups = append(groups, s.Get(t, "SecurityGroup "+string(role)).Name+"-id")
			}
			if got := s.Get(t, "Instance "+host.Name).Texts("vpcSecurityGroupIds"); !slices.Equal(got, groups) {
				t.Errorf("%s has the groups %q, want %q", host.Name, got, groups)
			}
			output := listed[i].ObjectValue().Mappable()
			if output["name"] != host.Name || fmt.Sprint(output["roles"]) != fmt.Sprint(host.Roles) ||
				output["instanceType"] != host.InstanceType {
				t.Errorf("host %d is listed as %v, want %+v", i, output, host)
			}
			isEdge := slices.Contains(host.Roles, layout.Edge)
			if isEdge {
				edges++
			}
			_, entry, _ := strings.Cut(ssh, "Host "+host.Name+"\n")
			entry, _, _ = strings.Cut(entry, "Host ")
			if jumps := strings.Contains(entry, "ProxyJump "+s.edge()+"\n"); entry == "" || jumps == isEdge ||
				isEdge != (output["publicIp"] != "") {
				t.Errorf("%s is reached by %q and has the public address %q", host.Name, entry, output["publicIp"])
			}
		}
		if edges != 1 {
			t.Errorf("%d hosts are the edge", edges)
		}
	})
}

// In a preview of a new stack nothing that AWS or the cluster will say is known.
func TestPreviewOfANewStack(t *testing.T) {
	t.Parallel()
	for _, values := range []map[string]string{nil, {"topology": "private", "nat": "gateway"}} {
		planned, err := execute(t.Context(), values, true)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(planned.Resources), len(record(t, values).Resources); got != want {
			t.Errorf("%d resources are planned, %d are made", got, want)
		}
		if url := planned.Get(t, recorder.StackOutputs).Property("url"); !url.IsComputed() {
			t.Errorf("the URL is %v before there is an address", url)
		}
	}
}
