package summary

import (
	"strings"
	"testing"
)

// written is a plan's flows as a table: direction, ends, traffic and the operation.
func written(p *Plan) string {
	var lines []string
	for _, f := range p.flows(p.changes()) {
		lines = append(lines, strings.TrimSpace(f.direction+": "+f.from+" → "+f.to+parenthesis(f.cidrs)+" "+f.traffic()+" "+f.op()))
	}
	return strings.Join(lines, "\n")
}

func TestFlows(t *testing.T) {
	t.Parallel()
	config := map[string]string{"p:adminCidrs": `["192.0.2.1/32","192.0.2.2/32"]`, "p:vpcCidr": "10.0.0.0/16"}
	cases := map[string]struct {
		steps []Step
		want  string
	}{
		"the internet": {
			[]Step{rule("create", false, "0.0.0.0/0", "tcp", "80")}, "in: internet → web TCP 80 (HTTP) create",
		},
		"all admins in one": {
			[]Step{rule("create", false, "192.0.2.2/32", "tcp", "22"), rule("create", false, "192.0.2.1/32", "tcp", "22")},
			"in: admins → web (192.0.2.1/32, 192.0.2.2/32) TCP 22 (SSH) create",
		},
		"a new admin beside an old one": {
			[]Step{rule("create", false, "192.0.2.2/32", "tcp", "22"), rule("same", false, "192.0.2.1/32", "tcp", "22")},
			"in: admins → web (192.0.2.1/32) TCP 22 (SSH) same\nin: admins → web (192.0.2.2/32) TCP 22 (SSH) create",
		},
		"an address of the configuration, and of nobody": {
			[]Step{rule("create", false, "10.0.0.0/16", "tcp", "5"), rule("delete", false, "198.51.100.1/32", "tcp", "5")},
			"in: 198.51.100.1/32 → web TCP 5 delete\nin: vpcCidr → web (10.0.0.0/16) TCP 5 create",
		},
		"both ends in one": {
			[]Step{rule("create", false, "web", "udp", "8472"), rule("create", true, "web", "udp", "8472")},
			"inside: web → web UDP 8472 (VXLAN, the pods' network) create",
		},
		"one end new": {
			[]Step{rule("create", false, "web", "udp", "53"), rule("same", true, "web", "udp", "53")},
			"inside: web → web UDP 53 update",
		},
		"out": {
			[]Step{rule("create", true, "0.0.0.0/0", "-1", "-1")}, "out: web → internet all all create",
		},
		"in, inside, out; TCP first": {
			[]Step{
				rule("create", true, "0.0.0.0/0", "udp", "123"), rule("create", true, "db", "tcp", "5432"),
				rule("create", false, "0.0.0.0/0", "icmp", "-1"), rule("create", false, "0.0.0.0/0", "tcp", "443"),
			},
			"in: internet → web TCP 443 (HTTPS) create\nin: internet → web ICMP all create\n" +
				"inside: web → db TCP 5432 create\nout: web → internet UDP 123 (NTP) create",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := written(&Plan{Config: config, Steps: c.steps}); got != c.want {
				t.Errorf("the flows are\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]flow{
		"TCP 22 (SSH)":                {protocol: "tcp", firstPort: "22", lastPort: "22"},
		"TCP 30000–32767 (NodePorts)": {protocol: "tcp", firstPort: "30000", lastPort: "32767"},
		"TCP 8000–9000":               {protocol: "tcp", firstPort: "8000", lastPort: "9000"},
		"ICMP 3/4 (packet too big)":   {protocol: "icmp", firstPort: "3", lastPort: "4"},
		"ICMP 8":                      {protocol: "icmp", firstPort: "8", lastPort: "-1"},
		"ICMP all":                    {protocol: "icmp", firstPort: "-1", lastPort: "-1"},
		"all all":                     {protocol: "-1"},
	} {
		if got := f.traffic(); got != want {
			t.Errorf("%+v is %q, want %q", f, got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	open, halved := "is open to everybody", "rule at one end only"
	cases := map[string]struct {
		steps []Step
		want  string // "" for none
	}{
		"the web is open":             {[]Step{rule("create", false, "0.0.0.0/0", "tcp", "443"), rule("create", false, "0.0.0.0/0", "icmp", "3")}, ""},
		"SSH is open":                 {[]Step{rule("create", false, "0.0.0.0/0", "tcp", "22")}, "TCP 22 (SSH) on **web** " + open},
		"SSH was open":                {[]Step{rule("delete", false, "0.0.0.0/0", "tcp", "22")}, ""},
		"SSH stays open":              {[]Step{rule("same", false, "0.0.0.0/0", "tcp", "22")}, open},
		"everything is open":          {[]Step{rule("create", false, "0.0.0.0/0", "-1", "-1")}, open},
		"SSH to the internet":         {[]Step{rule("create", true, "0.0.0.0/0", "tcp", "22")}, ""},
		"no rule lets it in":          {[]Step{rule("create", true, "db", "tcp", "5432")}, halved},
		"no rule lets it in any more": {[]Step{rule("same", true, "web", "tcp", "1"), rule("delete", false, "web", "tcp", "1")}, halved},
		"both rules go":               {[]Step{rule("delete", true, "web", "tcp", "1"), rule("delete", false, "web", "tcp", "1")}, ""},
		"a machine is replaced": {
			[]Step{step("replace", instanceType, "p-s-a", machine("t2.micro", "8"), machine("t2.micro", "9"))}, "**a** is to be replaced",
		},
		"a machine is deleted": {[]Step{step("delete", instanceType, "p-s-a", machine("t2.micro", "8"), nil)}, "**a** is to be deleted"},
		"a machine stops":      {[]Step{step("update", instanceType, "p-s-a", machine("t2.micro", "8"), machine("t2.small", "8"))}, "**a** stops and starts"},
		"a machine's tags change": {
			[]Step{step("update", instanceType, "p-s-a", object{"tags": "a", "instanceType": "t2.micro"}, object{"tags": "b", "instanceType": "t2.micro"})}, "",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := Markdown(&Plan{Steps: c.steps}, "")
			if strings.Contains(document, "[!WARNING]") != (c.want != "") || !strings.Contains(document, c.want) {
				t.Errorf("want the warning %q, or none, in\n%s", c.want, document)
			}
		})
	}
}

func TestAPlanWithoutTheUnchangedSaysSo(t *testing.T) {
	t.Parallel()
	plan := &Plan{Steps: []Step{rule("create", false, "0.0.0.0/0", "tcp", "80")}, ChangeSummary: map[string]int{"create": 1, "same": 3}}
	if !strings.Contains(Markdown(plan, ""), "--show-sames") {
		t.Error("the document passes for the whole stack's")
	}
	plan.Diagnostics = []Diagnostic{{Message: "image is\nold", Severity: "warning"}, {Message: "hello", Severity: "info"}}
	if document := Markdown(plan, ""); !strings.Contains(document, "Pulumi says: image is old") || strings.Contains(document, "hello") {
		t.Errorf("the document is\n%s", document)
	}
}
