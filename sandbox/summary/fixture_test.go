package summary

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

type (
	inputs = map[string]any
	steps  = []apitype.StepEventMetadata
)

// step is one step of a plan, on a resource in a component. A state is left out where its inputs are nil.
func step(op apitype.OpType, component, token, name string, before, after inputs) apitype.StepEventMetadata {
	state := func(of inputs) *apitype.StepEventStateMetadata {
		if of == nil {
			return nil
		}
		return &apitype.StepEventStateMetadata{Inputs: of}
	}
	urn := "urn:pulumi:dev::hello-kubernetes::hello-kubernetes:" + component + ":C$" + token
	urn += "::hello-kubernetes-dev-" + name
	return apitype.StepEventMetadata{Op: op, URN: urn, Old: state(before), New: state(after)}
}

// network is a step on the component whose inputs are the flows.
func network(op apitype.OpType, before, after inputs) apitype.StepEventMetadata {
	s := step(op, "", "", "", before, after)
	s.URN = "urn:pulumi:dev::hello-kubernetes::" + networkType + "::hello-kubernetes-dev"
	return s
}

// flows are a network's inputs.
func flows(adminCIDRs []string, all ...flow) inputs {
	return inputs{"flows": all, "adminCidrs": adminCIDRs}
}

// differing gives a step a detailed diff.
func differing(s apitype.StepEventMetadata, path string, kind apitype.DiffKind) apitype.StepEventMetadata {
	s.DetailedDiff = map[string]apitype.PropertyDiff{path: {Kind: kind}}
	return s
}

// logged is the log of a preview with these steps, and what was said.
func logged(t testing.TB, said []apitype.DiagnosticEvent, steps ...apitype.StepEventMetadata) []byte {
	t.Helper()
	config := map[string]string{"aws:region": "eu-west-1"}
	events := []apitype.EngineEvent{{PreludeEvent: &apitype.PreludeEvent{Config: config}}}
	for _, d := range said {
		events = append(events, apitype.EngineEvent{DiagnosticEvent: &d})
	}
	for _, s := range steps {
		events = append(events,
			apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: s}},
			apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: s}})
	}
	events = append(events, apitype.EngineEvent{SummaryEvent: &apitype.SummaryEvent{}})
	var log bytes.Buffer
	encoder := json.NewEncoder(&log)
	for _, event := range events {
		if err := encoder.Encode(event); err != nil {
			t.Fatal(err)
		}
	}
	return log.Bytes()
}

// plan is a plan with these steps.
func plan(t testing.TB, steps ...apitype.StepEventMetadata) *Plan {
	t.Helper()
	p, err := Parse(logged(t, nil, steps...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func instance(kind string, gib float64) inputs {
	return inputs{"instanceType": kind, "rootBlockDevice": inputs{"volumeType": "gp3", "volumeSize": gib}}
}

const (
	eipType    = "aws:ec2/eip:Eip"
	natType    = "aws:ec2/natGateway:NatGateway"
	subnetType = "aws:ec2/subnet:Subnet"
	scriptType = "command:remote:Command"
)

var (
	web  = flow{internet, "edge", "tcp", 80, 80, "requests"}
	mtu  = flow{internet, "edge", "icmp", 3, 4, "path MTU discovery"}
	ssh  = flow{admins, "edge", "tcp", 22, 22, "logins"}
	pods = flow{"edge", "worker", "tcp", 30080, 30080, "requests from nginx to the app"}
)
