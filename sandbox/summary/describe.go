package summary

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// short is a resource's name without the project's and the stack's, which most begin with.
func short(urn resource.URN) string {
	return strings.TrimPrefix(urn.Name(), string(urn.Project())+"-"+urn.Stack().String()+"-")
}

// describe tells what a resource is like, in a few words, or "".
func (p *Plan) describe(c change) string {
	state := c.state()
	if state == nil {
		return ""
	}
	switch token := string(c.urn.Type()); token {
	case instanceType:
		parts := []string{state.text("instanceType")}
		if size := state.text("rootBlockDevice", "volumeSize"); size != "" {
			parts = append(parts, size+" GiB "+state.text("rootBlockDevice", "volumeType"))
		}
		return list(append(parts, state.text("privateIp"))...)
	case ingressType, egressType:
		f := p.flow(state, token == egressType, c.op)
		return fmt.Sprintf("%s, %s → %s%s", f.traffic(), f.from, f.to, parenthesis(f.cidrs))
	case commandType:
		if limit := state.CustomTimeouts.Create; limit > 0 {
			return fmt.Sprintf("takes at most %g min", limit/60)
		}
	case "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet":
		return state.text("cidrBlock")
	case "aws:ec2/route:Route":
		return state.text("destinationCidrBlock") + " → " + state.gateway()
	case groupType:
		return state.text("description")
	case "pulumi:providers:aws":
		return state.text("region")
	case "kubernetes:apps/v1:Deployment":
		return state.text("spec", "replicas") + " × " + state.image()
	case "kubernetes:core/v1:Service":
		return state.text("spec", "type")
	}
	if !state.Custom {
		return state.scalars()
	}
	return ""
}

// gateway names where a route leads.
func (s *State) gateway() string {
	for _, key := range []string{"gatewayId", "natGatewayId", "networkInterfaceId"} {
		if needed := s.PropertyDependencies[key]; len(needed) > 0 {
			return kindOf(string(needed[0].Type())) + " " + short(needed[0])
		}
	}
	return "somewhere"
}

// image is the image of a Deployment's first container.
func (s *State) image() string {
	containers, _ := s.get("spec", "template", "spec", "containers").([]any)
	if len(containers) == 0 {
		return "pod"
	}
	container, _ := containers[0].(map[string]any)
	image, _ := scalar(container["image"])
	return image
}

// scalars writes the plain inputs.
func (s *State) scalars() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.Inputs)) {
		if value := s.text(key); value != "" && len(value) <= longest {
			parts = append(parts, key+" "+value)
		}
	}
	return list(parts...)
}

// list joins what is not empty.
func list(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}

// parenthesis writes values in parentheses, if there are any.
func parenthesis(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return " (" + strings.Join(values, ", ") + ")"
}
