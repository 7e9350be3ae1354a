package summary

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hello-kubernetes/sandbox/instances"
)

// Every machine that the sandbox can stand in for has a price.
func TestPricesOfEveryInstanceType(t *testing.T) {
	t.Parallel()
	names := instances.TypeNames()
	if len(names) == 0 {
		t.Fatal("the sandbox has no instance types")
	}
	for _, name := range names {
		if price := prices.Instances[name]; price <= 0 {
			t.Errorf("%s has no price: prices.yaml", name)
		}
	}
}

func TestPriceTableSaysWhatItIs(t *testing.T) {
	t.Parallel()
	if _, err := time.Parse(time.DateOnly, prices.Date); err != nil {
		t.Errorf("date: %v", err)
	}
	if prices.Region != "us-east-1" || prices.HoursPerMonth != 730 || len(prices.Sources) == 0 || len(prices.LeavesOut) == 0 {
		t.Errorf("the table is of %s with %g hours, sources %v, without %v", prices.Region, prices.HoursPerMonth, prices.Sources, prices.LeavesOut)
	}
	for size, next := range map[string]string{"micro": "small", "small": "medium", "medium": "large"} {
		for _, family := range []string{"t2.", "t3."} {
			if ratio := prices.Instances[family+next] / prices.Instances[family+size]; ratio < 1.9 || ratio > 2.1 {
				t.Errorf("%s costs %.2f times %s, want about twice", family+next, ratio, family+size)
			}
		}
	}
	for _, token := range prices.Free {
		if _, priced := prices.Resources[token]; priced {
			t.Errorf("%s is free and has a price", token)
		}
	}
}

// Every AWS resource of the program is in the table, as one that costs or as one that is free.
func TestPricesOfTheProgram(t *testing.T) {
	t.Parallel()
	e := prices.estimate(load(t, "dev.json").changes())
	if len(e.unknown) > 0 {
		t.Errorf("no price for %+v", e.unknown)
	}
	if sum := total(e.items); len(e.items) == 0 || sum != e.after {
		t.Errorf("the items add up to %d cents, the total is %d", sum, e.after)
	}
}

func total(items []item) int {
	sum := 0
	for _, i := range items {
		sum += i.cents
	}
	return sum
}

func machine(kind string, gib string) object {
	return object{"instanceType": kind, "rootBlockDevice": object{"volumeType": "gp3", "volumeSize": gib}}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	const (
		eip = "aws:ec2/eip:Eip"
		nat = "aws:ec2/natGateway:NatGateway"
	)
	cases := map[string]struct {
		steps []Step
		want  string
	}{
		"a machine and its disk": { // 0.0116 × 730 + 0.08 × 12
			[]Step{step("create", instanceType, "a", nil, machine("t2.micro", "12"))}, "about $9.43 a month",
		},
		"a machine with an address": { // and 0.005 × 730
			[]Step{step("create", instanceType, "a", nil, object{
				"instanceType": "t2.micro", "associatePublicIpAddress": true,
				"rootBlockDevice": object{"volumeType": "gp3", "volumeSize": "12"},
			})}, "about $13.08 a month",
		},
		"an address and a NAT gateway": { // 0.005 × 730 + 0.045 × 730
			[]Step{step("create", eip, "a", nil, object{}), step("create", nat, "a", nil, object{})}, "about $36.50 a month",
		},
		"an unknown type": {
			[]Step{step("create", instanceType, "a", nil, machine("m9.huge", "12"))}, "at least $0.96 a month and 1 unknown price",
		},
		"a type known later, an unknown disk": {
			[]Step{step("create", instanceType, "a", nil, object{"instanceType": unknown})}, "at least $0.00 a month and 2 unknown prices",
		},
		"another kind of disk": {
			[]Step{step("create", instanceType, "a", nil, object{"instanceType": "t2.nano", "rootBlockDevice": object{"volumeType": "io2", "volumeSize": "8"}})},
			"at least $4.23 a month and 1 unknown price",
		},
		"a resource that nobody has priced": {
			[]Step{step("create", "aws:rds/instance:Instance", "a", nil, object{})}, "at least $0.00 a month and 1 unknown price",
		},
		"free ones": {
			[]Step{step("create", groupType, "a", nil, object{}), step("create", commandType, "b", nil, object{})}, "about $0.00 a month",
		},
		"a larger machine": { // 0.023 for 0.0116
			[]Step{step("update", instanceType, "a", machine("t2.micro", "12"), machine("t2.small", "12"))}, "about $17.75 a month, $8.32 more than now",
		},
		"one machine less": {
			[]Step{step("delete", instanceType, "a", machine("t2.micro", "12"), nil)}, "about $0.00 a month, $9.43 less than now",
		},
		"the same": {
			[]Step{step("same", eip, "a", object{}, object{})}, "about $3.65 a month, as now",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := prices.estimate((&Plan{Steps: c.steps}).changes())
			if e.String() != c.want || total(e.items) != e.after {
				t.Errorf("the estimate is %q of %+v, want %q", e, e.items, c.want)
			}
		})
	}
}

func TestAnUnknownPriceIsSaid(t *testing.T) {
	t.Parallel()
	document := Markdown(&Plan{Steps: []Step{step("create", instanceType, "a", nil, machine("m9.huge", "12"))}}, "")
	for _, want := range []string{"| `a` | EC2 instance m9.huge | unknown price |", "| **Total** |  | **at least $0.96** |"} {
		if !strings.Contains(document, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

func TestPricesOfAnotherRegionAreSaid(t *testing.T) {
	t.Parallel()
	steps := []Step{step("create", instanceType, "a", nil, machine("t2.micro", "12"))}
	for region, want := range map[string]string{"us-east-1": "", "eu-west-1": "in eu-west-1, where this stack is, they differ", "sandbox-1": "The sandbox costs nothing"} {
		document := Markdown(&Plan{Steps: steps, Config: map[string]string{"aws:region": region}}, "")
		for _, sentence := range []string{"where this stack is, they differ", "The sandbox costs nothing"} {
			if strings.Contains(document, sentence) != (want != "" && strings.Contains(want, sentence)) {
				t.Errorf("%s: the document has %q, or lacks it", region, sentence)
			}
		}
	}
	if slices.Contains(prices.Free, instanceType) {
		t.Error("machines are free")
	}
}
