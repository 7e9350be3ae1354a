package program

import (
	"regexp"
	"slices"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// secretPrinters are the commands whose output is a secret, known by what they run: a token, a key, a kubeconfig.
var secretPrinters = regexp.MustCompile(
	`token create|cat \S*(admin\.conf|\.key|id_)|certificate-key|print-join-command`,
)

func TestCommandsThatPrintASecretKeepIt(t *testing.T) {
	everyCommand(t, func(t *testing.T, _ stack, command *recorder.Resource) {
		secret := command.RegisterRPC.GetAdditionalSecretOutputs()
		if !secretPrinters.MatchString(command.Text("create")) {
			if slices.Contains(secret, "stdout") {
				t.Errorf("%s hides its output, but secretPrinters does not know why: add what it runs", command.Name)
			}
			return
		}
		if command.Text("logging") != "none" {
			t.Errorf("%s: logging is %q, want none", command.Name, command.Text("logging"))
		}
		for _, output := range []string{"stdout", "stderr"} {
			if !slices.Contains(secret, output) {
				t.Errorf("%s: %s is no secret", command.Name, output)
			}
		}
	})
}

// Every secret of the stack is followed through the whole program: it may be only where it has to be, and only as a
// secret of Pulumi's, which is encrypted in the state and hidden in plans.
func TestSecretsAreOnlyWhereTheyHaveToBe(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		secrets := map[string]struct {
			text    string
			allowed *regexp.Regexp
		}{
			"the private key": {
				s.config.SSHPrivateKey,
				regexp.MustCompile(`^[\w-]+: connection\.(proxy\.)?privateKey$`),
			},
			"the kubeconfig": {
				"stdout of control-plane-kubeconfig",
				regexp.MustCompile(`^(kubernetes|` + recorder.StackOutputs + `): kubeconfig$`),
			},
			"the join token of worker 0": {"stdout of worker-0-token", regexp.MustCompile(`^worker-0-join: stdin$`)},
		}
		for name, secret := range secrets {
			places := s.Holding(secret.text)
			if len(places) == 0 {
				t.Errorf("%s is nowhere: does this test look for the right text?", name)
			}
			for _, place := range places {
				if !secret.allowed.MatchString(place.String()) {
					t.Errorf("%s: %s", place, name)
				}
				if !place.Secret {
					t.Errorf("%s: %s is not marked as a secret", place, name)
				}
			}
		}
		// Those of the hosts, too, which are derived: a host gets its own by user data, and nothing else does.
		keys := regexp.MustCompile(`^([\w-]+: connection\.(proxy\.)?privateKey|Instance [\w-]+: userData)$`)
		for _, place := range s.Holding("PRIVATE KEY") {
			if !place.Secret || !keys.MatchString(place.String()) {
				t.Errorf("%s holds a private key, as a secret: %v", place, place.Secret)
			}
		}
	})
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	s := record(t, nil)
	outputs := s.Get(t, recorder.StackOutputs)
	for name, value := range outputs.Inputs {
		if secret := value.ContainsSecrets(); secret != (name == "kubeconfig") {
			t.Errorf("output %s is a secret: %v", name, secret)
		}
	}
	want := map[string]any{
		"url":       "http://203.0.113.10",
		"nodePort":  30080.0,
		"clusterIP": "10.96.0.20",
		"sshConfig": "Host control-plane\n  HostName 203.0.113.10\n  User admin\n" +
			"Host worker-0\n  HostName 10.0.1.20\n  User admin\n  ProxyJump control-plane\n" +
			"Host worker-1\n  HostName 10.0.1.21\n  User admin\n  ProxyJump control-plane\n",
	}
	for name, value := range want {
		if got := outputs.Property(name).V; got != value {
			t.Errorf("output %s is %v, want %v", name, got, value)
		}
	}
	if len(outputs.Inputs) != len(want)+3 {
		t.Errorf(
			"outputs are %v, want those of this test, kubeconfig, knownHosts and hosts",
			outputs.Inputs.StableKeys(),
		)
	}
}
