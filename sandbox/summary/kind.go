package summary

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const (
	instanceType = "aws:ec2/instance:Instance"
	groupType    = "aws:ec2/securityGroup:SecurityGroup"
	ingressType  = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType   = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	commandType  = "command:remote:Command"
)

// kinds are the names of types for people who do not know Pulumi's.
var kinds = map[string]string{
	instanceType:                            "EC2 instance",
	groupType:                               "security group",
	ingressType:                             "inbound rule",
	egressType:                              "outbound rule",
	commandType:                             "script over SSH",
	"aws:ec2/vpc:Vpc":                       "VPC",
	"aws:ec2/eip:Eip":                       "Elastic IP",
	"aws:ec2/eipAssociation:EipAssociation": "Elastic IP association",
	"aws:ec2/natGateway:NatGateway":         "NAT gateway",
	"aws:ec2/internetGateway:InternetGateway":             "internet gateway",
	"aws:ec2/routeTableAssociation:RouteTableAssociation": "route table association",
	"aws:ec2/keyPair:KeyPair":                             "key pair",
	"pulumi:providers:aws":                                "AWS provider",
	"pulumi:providers:kubernetes":                         "Kubernetes provider",
	"pulumi:pulumi:Stack":                                 "stack",
}

// kindOf names a type such as aws:ec2/routeTable:RouteTable: route table.
func kindOf(token string) string {
	if name := kinds[token]; name != "" {
		return name
	}
	last := token[strings.LastIndex(token, ":")+1:]
	switch {
	case strings.HasPrefix(token, "kubernetes:"):
		return "Kubernetes " + last
	case !strings.HasPrefix(token, "aws:") && strings.Count(token, ":") == 2 && !strings.HasPrefix(token, "pulumi:"):
		return "component " + last
	}
	var words strings.Builder
	for i, r := range last {
		if unicode.IsUpper(r) && i > 0 {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToLower(r))
	}
	return words.String()
}

// count writes a number of things: 1 subnet, 2 subnets.
func count(number int, name string) string {
	switch {
	case number == 1:
	case name == commandType, strings.HasPrefix(name, "script "):
		name = "scripts" + strings.TrimPrefix(name, "script")
	default:
		name += "s"
	}
	return fmt.Sprintf("%d %s", number, name)
}

// counts writes how many of each there are, the rarest first: 1 VPC, 3 subnets.
func counts(numbers map[string]int) []string {
	names := make([]string, 0, len(numbers))
	for name := range numbers {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if numbers[a] != numbers[b] {
			return numbers[a] - numbers[b]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = count(numbers[name], name)
	}
	return names
}
