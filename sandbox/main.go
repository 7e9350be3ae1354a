// Sandbox is a region on one Linux machine, and the commands around it; under the name of a Pulumi plugin it is that
// plugin.
package main

import "hello-kubernetes/sandbox/cli"

func main() { cli.Main() }
