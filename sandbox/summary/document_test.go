package summary

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The documents that people see: of a new stack, and of one that is there and changes in every way.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	fresh := steps{
		network(apitype.OpCreate, nil, flows([]string{"192.0.2.1/32"}, web, ssh, pods)),
		step(apitype.OpCreate, "network", subnetType, "public", nil, inputs{"cidrBlock": "10.0.0.0/24"}),
		step(apitype.OpCreate, "network", subnetType, "private", nil, inputs{"cidrBlock": "10.0.1.0/24"}),
		step(apitype.OpCreate, "compute", instanceType, "edge", nil, instance("t2.micro", 12)),
		step(apitype.OpCreate, "compute", instanceType, "worker-0", nil, instance("t2.micro", 12)),
		step(apitype.OpCreate, "compute", eipType, "edge", nil, inputs{}),
		step(apitype.OpCreate, "compute", scriptType, "edge-cloud-init", nil, inputs{"create": "true"}),
	}
	small, large, roomy := instance("t2.micro", 12), instance("t2.small", 12), instance("t2.micro", 20)
	before := flows([]string{"192.0.2.1/32"}, web, ssh)
	after := flows([]string{"192.0.2.1/32", "0.0.0.0/0"}, web, ssh, pods)
	changes := steps{
		network(apitype.OpUpdate, before, after),
		step(apitype.OpSame, "network", subnetType, "public", inputs{}, inputs{}),
		differing(step(apitype.OpUpdate, "compute", instanceType, "edge", small, large), "instanceType", apitype.DiffUpdate),
		step(apitype.OpDeleteReplaced, "compute", scriptType, "worker-0-cloud-init", inputs{"create": "a"}, nil),
		step(apitype.OpDeleteReplaced, "compute", instanceType, "worker-0", small, nil),
		differing(step(apitype.OpReplace, "compute", instanceType, "worker-0", small, roomy),
			"rootBlockDevice.volumeSize", apitype.DiffUpdateReplace),
		step(apitype.OpCreateReplacement, "compute", instanceType, "worker-0", small, roomy),
		step(apitype.OpReplace, "compute", scriptType, "worker-0-cloud-init", inputs{"create": "a"}, inputs{"create": "b"}),
		step(apitype.OpDelete, "compute", instanceType, "worker-1", small, nil),
		step(apitype.OpCreate, "compute", natType, "nat", nil, inputs{}),
	}
	for name, document := range map[string]string{
		"new":     Markdown(plan(t, fresh...), "Planned from nothing.", ""),
		"changed": Markdown(plan(t, changes...), "", "~ aws:ec2/instance:Instance: (update)\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("testdata", name+".md")
			if *update {
				if err := os.WriteFile(file, []byte(document), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(file); err != nil || document != string(want) {
				t.Errorf("%v: the document differs from %s: go test ./summary -update, and look at the difference", err, file)
			}
		})
	}
	// Resources are registered in parallel: Pulumi lists them in another order every time.
	order := Markdown(plan(t, fresh...), "", "")
	slices.Reverse(fresh)
	if Markdown(plan(t, fresh...), "", "") != order {
		t.Error("another order of steps gives another document")
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
	old, changed := inputs{"cidrBlock": "10.0.1.0/24"}, inputs{"cidrBlock": "10.0.2.0/24"}
	const gone = "### Deletions\n\n| Part | Kind | Number | Names |\n|---|---|---|---|\n| network | Subnet | 1 | `a` |"
	subnet := func(op apitype.OpType, before, after inputs) apitype.StepEventMetadata {
		return step(op, "network", subnetType, "a", before, after)
	}
	for name, test := range map[string]struct {
		step          apitype.StepEventMetadata
		headline, row string
	}{
		"create": {subnet(apitype.OpCreate, nil, old), "1 to create", "| network | Subnet | 1 | `a` |"},
		"delete": {subnet(apitype.OpDelete, old, nil), "1 to delete", gone},
		"replace": {
			differing(subnet(apitype.OpReplace, old, changed), "cidrBlock", apitype.DiffUpdateReplace),
			"1 to replace", "| **`cidrBlock`: 10.0.1.0/24 → 10.0.2.0/24** (replaces it) |",
		},
		"replace for another's sake": {
			subnet(apitype.OpReplace, inputs{"vpcId": "vpc-1"}, inputs{"vpcId": unknown}),
			"1 to replace", "| replaced with something that it needs<br>`vpcId`: vpc-1 → (known later) |",
		},
		"delete with the old one of another": {
			subnet(apitype.OpDeleteReplaced, old, nil), "1 to delete", gone,
		},
		"a new property": {
			subnet(apitype.OpUpdate, inputs{}, inputs{"x": true}), "1 to update", "| `x`: (none) → true |",
		},
		"a text of many lines": {
			subnet(apitype.OpUpdate, inputs{"x": "a\nb\n"}, inputs{"x": "a\nc\n"}), "1 to update", "| `a` | `x` |",
		},
		"what would break the table": {
			subnet(apitype.OpUpdate, inputs{"x": "a|b"}, inputs{"x": "<b>"}), "1 to update", `: a\|b → &lt;b&gt; |`,
		},
		"nothing": {subnet(apitype.OpSame, old, old), "No changes, 1 unchanged", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := Markdown(plan(t, test.step), "", "")
			if !strings.Contains(document, "**"+test.headline+".**") || !strings.Contains(document, test.row) {
				t.Errorf("want %q and %q in\n%s", test.headline, test.row, document)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const open = "22/tcp on **edge** is open to everybody"
	one, anybody := []string{"192.0.2.1/32"}, []string{"192.0.2.1/32", "::/0"}
	compute := func(op apitype.OpType, before, after inputs) apitype.StepEventMetadata {
		return step(op, "compute", instanceType, "a", before, after)
	}
	micro := instance("t2.micro", 8)
	for name, test := range map[string]struct {
		step apitype.StepEventMetadata
		want string // "" for none
	}{
		"the web is open":         {network(apitype.OpCreate, nil, flows(one, web, mtu, ssh)), ""},
		"SSH is open":             {network(apitype.OpCreate, nil, flows(anybody, web, ssh)), open},
		"SSH stays open":          {network(apitype.OpSame, flows(anybody, ssh), flows(anybody, ssh)), open},
		"SSH was open":            {network(apitype.OpUpdate, flows(anybody, ssh), flows(one, ssh)), ""},
		"an instance is replaced": {compute(apitype.OpReplace, micro, instance("t2.micro", 9)), "**a** is replaced"},
		"an instance is deleted":  {compute(apitype.OpDelete, micro, nil), "**a** is deleted"},
		"an instance stops":       {compute(apitype.OpUpdate, micro, instance("t2.nano", 8)), "**a** stops"},
		"an instance's tags":      {compute(apitype.OpUpdate, inputs{"tags": "a"}, inputs{"tags": "b"}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := Markdown(plan(t, test.step), "", "")
			if strings.Contains(document, "[!WARNING]") != (test.want != "") || !strings.Contains(document, test.want) {
				t.Errorf("want the warning %q, or none, in\n%s", test.want, document)
			}
		})
	}
}

func TestFlowsAreCompared(t *testing.T) {
	t.Parallel()
	renamed := web
	renamed.Reason = "pages"
	document := Markdown(plan(t, network(apitype.OpUpdate,
		flows([]string{"192.0.2.1/32"}, web, ssh), flows([]string{"192.0.2.2/32"}, renamed, ssh))), "", "")
	for _, want := range []string{
		"**Traffic:** opens 1, closes 1; open to the whole internet: 80/tcp on edge\n",
		"| **opens** | admins (192.0.2.2/32) | edge | 22/tcp | logins |\n" +
			"| closes | admins (192.0.2.1/32) | edge | 22/tcp | logins |\n\n",
	} {
		if !strings.Contains(document, want) {
			t.Errorf("want %q in\n%s", want, document)
		}
	}
}

// What is said and shown is shown to everybody who sees the pull request.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"
	warning := []apitype.DiagnosticEvent{{Severity: "warning", Message: "odd key: " + key}}
	p, err := Parse(logged(t, warning, step(apitype.OpCreate, "network", subnetType, "a", nil, inputs{})))
	if err != nil {
		t.Fatal(err)
	}
	for name, document := range map[string]string{
		"plan":                 Markdown(p, "", "key: "+key),
		"failure":              Failure("dev", "bad key: "+key),
		"a key without an end": Failure("dev", key[:60]),
	} {
		if strings.Contains(document, "b3Blbn") || !strings.Contains(document, "[private key]") {
			t.Errorf("%s: the document is\n%s", name, document)
		}
	}
}

func TestLongTextsAreCutAndFencesHold(t *testing.T) {
	t.Parallel()
	document := Failure("dev", "```\n"+strings.Repeat("a line\n", 20_000))
	whole := strings.Contains(document, "````\n```\na line\n") && strings.HasSuffix(document, "\n````\n")
	if len(document) > 65_536 || !whole {
		t.Errorf("the document of %d bytes is\n%.200s…", len(document), document)
	}
}

func TestErr(t *testing.T) {
	t.Parallel()
	said := []apitype.DiagnosticEvent{
		{Severity: "info", Message: "hello"},
		{Severity: "error", Message: "adminCidrs: empty\n"},
	}
	p, err := Parse(logged(t, said))
	if err != nil || p.Err() == nil || p.Err().Error() != "adminCidrs: empty" {
		t.Errorf("the errors are %v and %v", err, p.Err())
	}
	if err := plan(t, step(apitype.OpSame, "network", subnetType, "a", inputs{}, inputs{})).Err(); err != nil {
		t.Errorf("a plan without changes has the error %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, log := range map[string][]byte{
		"no JSON": []byte("error: no stack"),
		"empty":   logged(t, nil),
		"no URN":  []byte(`{"resourcePreEvent": {"metadata": {"op": "create", "urn": "x"}}}`),
		"no flow": logged(t, nil, network(apitype.OpCreate, nil, inputs{"flows": 1})),
	} {
		if _, err := Parse(log); err == nil {
			t.Errorf("%s: it is a plan", name)
		}
	}
}
