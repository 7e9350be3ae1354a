package instances

// Type is what EC2 gives the instances of a type.
type Type struct {
	CPUs   float64 // vCPUs
	Memory int64   // in bytes
}

const gib = 1 << 30

// Types are the instance types that the sandbox has, by name.
// https://aws.amazon.com/ec2/instance-types/t2/ and https://aws.amazon.com/ec2/instance-types/t3/
var Types = map[string]Type{
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
