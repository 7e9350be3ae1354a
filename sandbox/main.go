// Sandbox is a region on one Linux machine, and the commands around it; under the name of a Pulumi plug-in it is that
// plug-in.
package main

import "hello-kubernetes/sandbox/cli"

func main() { cli.Main() }
