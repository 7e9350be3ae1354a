package command

import "github.com/pulumi/pulumi-go-provider/infer"

// Args is the input of a Command.
type Args struct {
	Connection *Connection `pulumi:"connection" provider:"secret"` // Required

	Create   *string `pulumi:"create,optional"`                               // command of the first run
	Update   *string `pulumi:"update,optional"`                               // command of a run after a change; default: Create
	Delete   *string `pulumi:"delete,optional"`                               // command that undoes it; default: none
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"` // values of any type whose change replaces the resource

	Stdin       *string           `pulumi:"stdin,optional"`       // standard input of every run
	Environment map[string]string `pulumi:"environment,optional"` // variables of every run; sshd has to accept each (AcceptEnv)

	// AddPreviousOutputInEnv hands the output of the run before to the next as PULUMI_COMMAND_STDOUT and
	// PULUMI_COMMAND_STDERR, where sshd accepts them. Default: true.
	AddPreviousOutputInEnv *bool    `pulumi:"addPreviousOutputInEnv,optional"`
	Logging                *Logging `pulumi:"logging,optional"` // what of the output the engine displays; default: all
}

// State is what is kept of a Command: its input and the output of its last run, each without its last newline.
type State struct {
	Args

	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Logging is which of a command's streams the engine displays while they come.
type Logging string

const (
	logStdout Logging = "stdout"
	logStderr Logging = "stderr"
	logBoth   Logging = "stdoutAndStderr"
	logNone   Logging = "none"
)

var _ infer.Enum[Logging] = Logging("")

// Values lists every value.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: string(logStdout), Value: logStdout},
		{Name: string(logStderr), Value: logStderr},
		{Name: string(logBoth), Value: logBoth},
		{Name: string(logNone), Value: logNone},
	}
}
