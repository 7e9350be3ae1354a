package instances

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hello-kubernetes/sandbox/run"
)

// TestMain keeps the tests' instances apart from those of a region.
func TestMain(m *testing.M) {
	own := fmt.Sprintf("hello-kubernetes-test-%d", os.Getpid())
	label, instancesDir, runDir = own+"=1", "/var/lib/"+own, "/run/"+own
	code := m.Run()
	if os.Geteuid() == 0 && len(run.Missing(run.Need{File: "podman"})) == 0 {
		if err := RemoveAll(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

var small = Instance{
	ID: "i-0123456789abcdef0", Hostname: "ip-10-0-1-10", Type: Types["t2.small"],
	Namespace: "/run/netns/hk-i-0123456789abcdef0", Resolver: netip.MustParseAddr("10.0.0.2"),
	PublicKey: "ssh-ed25519 AAAA key\n", UserData: "#cloud-config\n",
}

func TestRunArgs(t *testing.T) {
	t.Parallel()
	hybrid := facts{nofile: 20000, nproc: 32768, lxcfs: []string{"/proc/meminfo"}}
	for name, test := range map[string]struct {
		instance  Instance
		facts     facts
		has, lack []string
	}{
		"the size of the type, and no swap": {
			small, hybrid,
			[]string{"--memory=2147483648b", "--memory-swap=2147483648b", "--cpus=1"},
			nil,
		},
		"a part of a CPU": {Instance{ID: "i-1", Type: Type{CPUs: 0.25}}, hybrid, []string{"--cpus=0.25"}, nil},
		"limits as they were read": {
			small, hybrid,
			[]string{"--ulimit=nofile=20000:20000", "--ulimit=nproc=32768:32768"},
			nil,
		},
		"runc on cgroup v1": {small, hybrid, []string{"--runtime=runc"}, nil},
		"podman's choice on cgroup v2, and modules": {
			small,
			facts{unified: true, modules: true},
			[]string{"--volume=/lib/modules:/lib/modules:ro"},
			[]string{"--runtime=runc"},
		},
		"no modules where the kernel has none": {small, hybrid, nil, []string{"--volume=/lib/modules:/lib/modules:ro"}},
		"the network from outside, with nothing of podman's in /etc": {
			small, hybrid,
			[]string{
				"--network=ns:/run/netns/hk-i-0123456789abcdef0", "--no-hosts",
				"--volume=" + instancesDir + "/i-0123456789abcdef0/resolv.conf:/etc/resolv.conf",
			},
			nil,
		},
		"its own memory, and a label to find it by": {
			small, hybrid,
			[]string{"--volume=" + runDir + "/lxcfs/proc/meminfo:/proc/meminfo", "--label=" + label},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := runArgs(test.instance, test.facts)
			for _, arg := range test.has {
				if !slices.Contains(args, arg) {
					t.Errorf("no %s in %q", arg, args)
				}
			}
			for _, arg := range test.lack {
				if slices.Contains(args, arg) {
					t.Errorf("%s in %q", arg, args)
				}
			}
			if last := args[len(args)-1]; last != "localhost/hello-kubernetes/machine:current" {
				t.Errorf("the image is %s", last)
			}
		})
	}
}

func TestFactsAreWithinTheHardLimits(t *testing.T) {
	t.Parallel()
	f, err := readFacts()
	if err != nil {
		t.Fatal(err)
	}
	if f.nofile < 1024 || f.nofile > 1<<20 || f.nproc < 1024 || f.nproc > 1<<22 {
		t.Errorf("limits are %d files and %d processes", f.nofile, f.nproc)
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	files, err := seed(small)
	if err != nil {
		t.Fatal(err)
	}
	if files["user-data"] != "#cloud-config\n" {
		t.Errorf("user data is %q", files["user-data"])
	}
	var metadata struct {
		ID       string   `json:"instance-id"`
		Hostname string   `json:"local-hostname"`
		Keys     []string `json:"public-keys"`
	}
	if err := json.Unmarshal([]byte(files["meta-data"]), &metadata); err != nil {
		t.Fatal(err)
	}
	keys := []string{"ssh-ed25519 AAAA key"}
	if metadata.ID != small.ID || metadata.Hostname != small.Hostname || !slices.Equal(metadata.Keys, keys) {
		t.Errorf("metadata is %+v", metadata)
	}
	// Without a key pair nobody can log in, as on EC2; cloud-init refuses a list with an empty key.
	files, err = seed(Instance{ID: "i-1"})
	if err != nil || strings.Contains(files["meta-data"], "public-keys") {
		t.Errorf("metadata without a key is %q, %v", files["meta-data"], err)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	began := time.Unix(1795545895, 0)
	for _, test := range []struct {
		container container
		want      Status
	}{
		{container{[]string{"hk-i-1"}, "running", began.Unix()}, Status{"i-1", "running", began}},
		{container{[]string{"hk-i-2"}, "stopping", began.Unix()}, Status{"i-2", "stopping", began}},
		{container{[]string{"hk-i-3"}, "exited", began.Unix()}, Status{"i-3", "stopped", began}},
		{container{[]string{"hk-i-4"}, "created", time.Time{}.Unix()}, Status{"i-4", "stopped", time.Time{}}},
	} {
		if got := test.container.status(); got != test.want {
			t.Errorf("%+v is %+v, want %+v", test.container, got, test.want)
		}
	}
}

func TestIDsStayOutOfPathsAndPatterns(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", "../..", "i-1/..", ".*", "-rf", "i 1"} {
		for what, err := range map[string]error{
			"run": Run(t.Context(), Instance{ID: id}), "stop": Stop(t.Context(), id), "remove": Remove(t.Context(), id),
		} {
			if err == nil || !strings.Contains(err.Error(), "no instance ID") {
				t.Errorf("%s %q: %v", what, id, err)
			}
		}
	}
}

func TestImageRefDependsOnTheAuthority(t *testing.T) {
	t.Parallel()
	one, err := imageRef([]byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := imageRef([]byte("one"))
	other, _ := imageRef([]byte("other"))
	if one != again || one == other {
		t.Errorf("images are %s, %s and, of another authority, %s", one, again, other)
	}
	if !regexp.MustCompile(`^localhost/hello-kubernetes/machine:[0-9a-f]{12}$`).MatchString(one) {
		t.Errorf("an image is %s", one)
	}
}
