package instances

import (
	"maps"
	"slices"
)

// InstanceType is what EC2 gives a machine of some type.
type InstanceType struct {
	CPUs   float64 // vCPUs
	Memory int64   // in bytes
}

const gib = 1 << 30

// instanceTypes is from https://aws.amazon.com/ec2/instance-types/t2/ and .../t3/.
var instanceTypes = map[string]InstanceType{
	"t2.nano":   {1, gib / 2},
	"t2.micro":  {1, 1 * gib},
	"t2.small":  {1, 2 * gib},
	"t2.medium": {2, 4 * gib},
	"t2.large":  {2, 8 * gib},
	"t3.nano":   {2, gib / 2},
	"t3.micro":  {2, 1 * gib},
	"t3.small":  {2, 2 * gib},
	"t3.medium": {2, 4 * gib},
	"t3.large":  {2, 8 * gib},
}

// Type returns the instance type of a name such as t2.small, if the sandbox has it.
func Type(name string) (InstanceType, bool) {
	t, ok := instanceTypes[name]
	return t, ok
}

// TypeNames returns the names of all instance types that the sandbox has.
func TypeNames() []string { return slices.Sorted(maps.Keys(instanceTypes)) }
