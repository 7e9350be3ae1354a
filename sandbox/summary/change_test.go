package summary

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const subnetType = "aws:ec2/subnet:Subnet"

func TestRows(t *testing.T) {
	t.Parallel()
	detailed := func(s Step, diff map[string]PropertyDiff) Step {
		s.DetailedDiff = diff
		return s
	}
	old, changed := object{"cidrBlock": "10.0.1.0/24", "size": "1"}, object{"cidrBlock": "10.0.2.0/24", "size": "2"}
	both := map[string]PropertyDiff{"size": {"update"}, "cidrBlock": {"update-replace"}}
	cases := map[string]struct {
		steps    []Step
		headline string
		row      string
	}{
		"create": {
			[]Step{step("create", subnetType, "a", nil, old)}, "1 to create", "| network | subnet | `a` | 10.0.1.0/24 |",
		},
		"update": {
			[]Step{detailed(step("update", subnetType, "a", old, changed), map[string]PropertyDiff{"size": {"update"}})},
			"1 to update", "| network | subnet | `a` | `size`: 1 → 2 |",
		},
		"replace in three steps": {
			[]Step{
				step("delete-replaced", subnetType, "a", old, nil), detailed(step("replace", subnetType, "a", old, changed), both),
				detailed(step("create-replacement", subnetType, "a", old, changed), both),
			},
			"1 to replace", "| network | subnet | `a` | **`cidrBlock`: 10.0.1.0/24 → 10.0.2.0/24** (replaces it)<br>`size`: 1 → 2 |",
		},
		"replace for another's sake": {
			[]Step{step("replace", subnetType, "a", object{"vpcId": "vpc-1"}, object{"vpcId": unknown})},
			"1 to replace", "| replaced with something that it needs<br>`vpcId`: vpc-1 → (known later) |",
		},
		"delete": {
			[]Step{step("delete", subnetType, "a", old, nil)}, "1 to delete", "| network | subnet | `a` | 10.0.1.0/24 |",
		},
		"delete with the old one of another": {
			[]Step{step("delete-replaced", subnetType, "a", old, nil)}, "1 to delete", "| network | subnet | `a` | 10.0.1.0/24 |",
		},
		"a secret": {
			[]Step{detailed(step("update", subnetType, "a", object{"key": "[secret]"}, object{"key": "[secret]"}), map[string]PropertyDiff{"key": {"update"}})},
			"1 to update", "| `key`: changes |",
		},
		"a script": {
			[]Step{step("update", commandType, "a", object{"create": "a\nb\n"}, object{"create": "a\nb\nc\n"})},
			"1 to update", "| `create`: (text of 2 lines) → (text of 3 lines) |",
		},
		"what would break the table": {
			[]Step{step("update", subnetType, "a", object{"x": "a|b"}, object{"x": "<b>"})}, "1 to update", `| ` + "`x`" + `: a\|b → &lt;b&gt; |`,
		},
		"nothing": {
			[]Step{step("same", subnetType, "a", old, old)}, "No changes, 1 unchanged", "",
		},
		"a look": {
			[]Step{step("read", subnetType, "a", nil, old)}, "No changes", "",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := Markdown(&Plan{Steps: c.steps}, "")
			for _, want := range []string{"**" + c.headline + ".**", c.row} {
				if !strings.Contains(document, want) {
					t.Errorf("the document lacks %q:\n%s", want, document)
				}
			}
		})
	}
}

func TestALongListOfDifferencesIsCut(t *testing.T) {
	t.Parallel()
	before, after := object{}, object{}
	for _, key := range strings.Split("abcdefghijkl", "") {
		before[key], after[key] = "1", "2"
	}
	all := (&Plan{Steps: []Step{step("update", subnetType, "a", before, after)}}).changes()[0].differences()
	if last := all[len(all)-1]; last != "and 4 more" {
		t.Errorf("the differences are %q", all)
	}
}

func TestPropertyPaths(t *testing.T) {
	t.Parallel()
	state := &State{Inputs: object{"spec": object{"ports": []any{object{"port": "80"}}, "long": strings.Repeat("x", 99)}}, Outputs: object{"id": "i-1"}}
	for path, want := range map[string]string{
		"spec.ports[0].port": "80", "spec.ports": "1 element", "spec": "2 values", "spec.long": "(text of 99 bytes)",
		"id": "i-1", "spec.ports[1].port": "", "none": "", "[": "",
	} {
		if got, ok := state.at(path); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %v, want %q", path, got, ok, want)
		}
	}
}

// A component may come before another in one respect and after it in another.
func TestOrder(t *testing.T) {
	t.Parallel()
	in := func(component, name string, needed ...resource.URN) Step {
		return Step{Op: "create", URN: resource.URN("urn:pulumi:s::p::p:x:" + component + "$aws:x:X::" + name), New: &State{Dependencies: needed}}
	}
	b := in("B", "b")
	a := in("A", "a", b.URN)
	circle := in("B", "c", a.URN)
	cases := map[string]struct {
		steps []Step
		want  string
	}{
		"by need":   {[]Step{a, b}, "stack b a"},
		"by name":   {[]Step{in("B", "x"), in("A", "y")}, "stack a b"},
		"in circle": {[]Step{a, b, circle}, "stack a b"},
	}
	for name, c := range cases {
		if got := strings.Join(order((&Plan{Steps: c.steps}).changes()), " "); got != c.want {
			t.Errorf("%s: the order is %s, want %s", name, got, c.want)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"aws:ec2/routeTable:RouteTable": "route table", instanceType: "EC2 instance", "kubernetes:core/v1:Service": "Kubernetes Service",
		"hello-kubernetes:network:Network": "component Network", "aws:rds/instance:Instance": "instance",
	} {
		if got := kindOf(token); got != want {
			t.Errorf("%s is %q, want %q", token, got, want)
		}
	}
}
