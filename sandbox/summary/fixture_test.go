package summary

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// object is a resource's inputs.
type object = map[string]any

// urn names a resource of the project p, in the stack s and the component network.
func urn(token, name string) resource.URN {
	return resource.URN("urn:pulumi:s::p::p:network:Network$" + token + "::" + name)
}

// step is one step of a plan; a state is left out where its inputs are nil.
func step(op, token, name string, before, after object) Step {
	state := func(inputs object) *State {
		if inputs == nil {
			return nil
		}
		return &State{Type: token, Custom: true, Inputs: inputs}
	}
	return Step{Op: op, URN: urn(token, name), Old: state(before), New: state(after)}
}

// rule is a step for one rule between the group web and a peer, which is a group or a CIDR.
func rule(op string, egress bool, peer, protocol, port string) Step {
	token := ingressType
	if egress {
		token = egressType
	}
	inputs := object{"ipProtocol": protocol, "fromPort": port, "toPort": port, "description": "why"}
	needs := map[string][]resource.URN{"securityGroupId": {urn(groupType, "p-s-web")}}
	if prefix := len(peer) > 0 && peer[len(peer)-1] >= '0' && peer[len(peer)-1] <= '9'; prefix {
		inputs["cidrIpv4"] = peer
	} else {
		needs["referencedSecurityGroupId"] = []resource.URN{urn(groupType, "p-s-"+peer)}
	}
	s := step(op, token, peer+protocol+port+op, nil, inputs)
	s.New.PropertyDependencies = needs
	if op == "delete" {
		s.Old, s.New = s.New, nil
	}
	return s
}
