package summary

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"hello-kubernetes/sandbox/instances"
)

func TestPriceTable(t *testing.T) {
	t.Parallel()
	if _, err := time.Parse(time.DateOnly, prices.Date); err != nil {
		t.Errorf("date: %v", err)
	}
	for name := range instances.Types {
		if prices.Instances[name] <= 0 {
			t.Errorf("the sandbox has %s, which has no price in prices.yaml", name)
		}
	}
	for size, next := range map[string]string{"micro": "small", "small": "medium", "medium": "large"} {
		for _, family := range []string{"t2.", "t3."} {
			if ratio := prices.Instances[family+next] / prices.Instances[family+size]; ratio < 1.9 || ratio > 2.1 {
				t.Errorf("%s costs %.2f times %s, want about twice", family+next, ratio, family+size)
			}
		}
	}
	for _, token := range prices.Free {
		if _, priced := prices.Resources[token]; priced || token == instanceType {
			t.Errorf("%s is free and has a price", token)
		}
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	micro := instance("t2.micro", 12)
	made := func(token string, of inputs) apitype.StepEventMetadata {
		return step(apitype.OpCreate, "c", token, token, nil, of)
	}
	for name, test := range map[string]struct {
		steps steps
		want  string
	}{
		"an instance and its disk": { // 0.0116 × 730 + 0.08 × 12
			steps{made(instanceType, micro)}, "about $9.43 a month",
		},
		"an address and a NAT gateway": { // 0.005 × 730 + 0.045 × 730
			steps{made(eipType, inputs{}), made(natType, inputs{})}, "about $36.50 a month",
		},
		"free ones": {steps{made(subnetType, inputs{}), made(scriptType, inputs{})}, "about $0.00 a month"},
		"a larger instance": { // 0.023 for 0.0116
			steps{step(apitype.OpUpdate, "c", instanceType, "a", micro, instance("t2.small", 12))},
			"about $17.75 a month, $8.32 more than now",
		},
		"one instance less": {
			steps{step(apitype.OpDelete, "c", instanceType, "a", micro, nil)},
			"about $0.00 a month, $9.43 less than now",
		},
		"the same": {
			steps{step(apitype.OpSame, "c", eipType, "a", inputs{}, inputs{})}, "about $3.65 a month, as now",
		},
		"an unknown type": {steps{made(instanceType, instance("m9.huge", 12))}, "at least $0.96 a month"},
		"an unknown disk": {steps{made(instanceType, inputs{"instanceType": "t2.nano"})}, "at least $4.23 a month"},
		"a resource that nobody has priced": {
			steps{made("aws:rds/instance:Instance", inputs{})}, "at least $0.00 a month",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, test.steps...)
			if got := prices.estimate(p.changes).String(); !strings.HasPrefix(got, test.want) {
				t.Errorf("the estimate is %q, want %q", got, test.want)
			}
			unknown := strings.Contains(Markdown(p, "", ""), "| unknown | unknown |")
			if unknown != strings.HasPrefix(test.want, "at least") {
				t.Errorf("the document tells of an unknown price: %v", unknown)
			}
		})
	}
}
