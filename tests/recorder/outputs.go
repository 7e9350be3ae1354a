package recorder

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// outputs makes up what a provider would add to a resource's inputs. What programs tell apart has different values.
func (r *Recording) outputs(args pulumi.MockResourceArgs) resource.PropertyMap {
	outputs := args.Inputs.Copy()
	set := func(key resource.PropertyKey, value any) {
		if _, given := outputs[key]; !given {
			outputs[key] = resource.NewPropertyValue(value)
		}
	}
	switch args.TypeToken {
	case Instance:
		address := "10.0.0.10"
		if index, err := strconv.Atoi(args.Name[strings.LastIndex(args.Name, "-")+1:]); err == nil {
			address = fmt.Sprintf("10.0.1.%d", 20+index)
		}
		set("privateIp", address)
		set("primaryNetworkInterfaceId", args.ID+"-eni")
	case "aws:ec2/eip:Eip":
		set("publicIp", "203.0.113.10")
	case "aws:ec2/keyPair:KeyPair":
		set("keyName", args.ID)
	case Command:
		stdout, given := r.stdout[args.Name]
		if !given {
			stdout = "stdout of " + args.Name
		}
		set("stdout", stdout)
		set("stderr", "")
	case "kubernetes:core/v1:Service":
		outputs["spec"] = resource.NewPropertyValue(map[string]any{"clusterIP": "10.96.0.20"})
	}
	return outputs
}

// Call implements pulumi.MockResourceMonitor.
func (r *Recording) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Calls = append(r.Calls, args)
	switch args.Token {
	case "aws:ssm/getParameter:getParameter":
		return resource.NewPropertyMapFromMap(map[string]any{"insecureValue": "ami-0123456789abcdef0"}), nil
	case "aws:index/getAvailabilityZones:getAvailabilityZones":
		return resource.NewPropertyMapFromMap(map[string]any{"names": []any{"us-east-1a", "us-east-1b"}}), nil
	}
	return nil, fmt.Errorf("%s: no answer is made up for it", args.Token)
}
