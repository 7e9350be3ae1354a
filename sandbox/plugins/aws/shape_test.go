package aws

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// official has the types of the official SDK for a resource's inputs and for the resource itself.
var official = map[string]struct {
	args     interface{ ElementType() reflect.Type }
	resource any
}{
	"aws:ec2/vpc:Vpc":                         {ec2.VpcArgs{}, ec2.Vpc{}},
	"aws:ec2/subnet:Subnet":                   {ec2.SubnetArgs{}, ec2.Subnet{}},
	"aws:ec2/internetGateway:InternetGateway": {ec2.InternetGatewayArgs{}, ec2.InternetGateway{}},
	"aws:ec2/natGateway:NatGateway":           {ec2.NatGatewayArgs{}, ec2.NatGateway{}},
	"aws:ec2/routeTable:RouteTable":           {ec2.RouteTableArgs{}, ec2.RouteTable{}},
	"aws:ec2/route:Route":                     {ec2.RouteArgs{}, ec2.Route{}},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {
		ec2.RouteTableAssociationArgs{}, ec2.RouteTableAssociation{},
	},
	"aws:ec2/securityGroup:SecurityGroup": {ec2.SecurityGroupArgs{}, ec2.SecurityGroup{}},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
		vpc.SecurityGroupIngressRuleArgs{}, vpc.SecurityGroupIngressRule{},
	},
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
		vpc.SecurityGroupEgressRuleArgs{}, vpc.SecurityGroupEgressRule{},
	},
	"aws:ec2/keyPair:KeyPair":               {ec2.KeyPairArgs{}, ec2.KeyPair{}},
	"aws:ec2/eip:Eip":                       {ec2.EipArgs{}, ec2.Eip{}},
	"aws:ec2/eipAssociation:EipAssociation": {ec2.EipAssociationArgs{}, ec2.EipAssociation{}},
	"aws:ec2/instance:Instance":             {ec2.InstanceArgs{}, ec2.Instance{}},
}

// TestShape proves that the official plugin has every property that this one has, with the same type, and requires no
// others.
func TestShape(t *testing.T) {
	t.Parallel()
	for token, k := range kinds {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			theirs, ok := official[token]
			if !ok {
				t.Fatal("the test does not know its official type")
			}
			inputs, outputs := byTag(theirs.args.ElementType()), byTag(reflect.TypeOf(theirs.resource))
			get, _ := reflect.TypeOf(k).FieldByName("get")
			ours := get.Type.Out(0).Elem()
			types := typesByName(ours)
			for _, f := range k.fields() {
				if f.is("output") {
					sameShape(t, f.name, types[f.name], outputType(outputs[f.name]))
					continue
				}
				their, ok := inputs[f.name]
				if !ok {
					t.Errorf("%s is no official input", f.name)
					continue
				}
				sameShape(t, f.name, types[f.name], their)
				if scalar(their) && !f.is("required") {
					t.Errorf("%s is required officially, here it is not", f.name)
				}
			}
			for name, their := range inputs {
				if _, ours := types[name]; !ours && scalar(their) {
					t.Errorf("%s is required officially, here it is missing", name)
				}
			}
		})
	}
}

// byTag returns the types of a struct's fields by their pulumi tag.
func byTag(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("pulumi"); name != "" {
			all[name] = t.Field(i).Type
		}
	}
	return all
}

func typesByName(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for name, inner := range typesByName(f.Type) {
				all[name] = inner
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all[name] = f.Type
	}
	return all
}

// scalar tells whether an official input is certainly required, because its type is no pointer. The types of lists and
// maps do not say so.
func scalar(t reflect.Type) bool {
	return !slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface}, t.Kind())
}

// outputType returns the type of an output's value.
func outputType(t reflect.Type) reflect.Type {
	if t == nil {
		return nil
	}
	return reflect.New(t).Elem().Interface().(pulumi.Output).ElementType()
}

func sameShape(t *testing.T, name string, ours, theirs reflect.Type) {
	t.Helper()
	if theirs == nil {
		t.Errorf("%s is no official property", name)
		return
	}
	for ours.Kind() == reflect.Pointer {
		ours = ours.Elem()
	}
	for theirs.Kind() == reflect.Pointer {
		theirs = theirs.Elem()
	}
	if ours.Kind() != theirs.Kind() {
		t.Errorf("%s is a %s here and a %s officially", name, ours.Kind(), theirs.Kind())
		return
	}
	switch ours.Kind() {
	case reflect.Slice, reflect.Map:
		sameShape(t, name+"[]", ours.Elem(), theirs.Elem())
	case reflect.Struct:
		official := byTag(theirs)
		for inner, innerType := range typesByName(ours) {
			sameShape(t, name+"."+inner, innerType, official[inner])
		}
	}
}
