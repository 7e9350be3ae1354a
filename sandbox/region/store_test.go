package region

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestUpdatesDoNotLoseEachOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const writers = 20
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			err := Open(dir).Update(t.Context(), func(state *State) error {
				state.VPCs["vpc-"+strconv.Itoa(i)] = &VPC{CIDR: netip.MustParsePrefix("10.0.0.0/16")}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	state, err := Open(dir).Read()
	if err != nil || len(state.VPCs) != writers {
		t.Errorf("%d VPCs, want %d; %v", len(state.VPCs), writers, err)
	}
}

func TestAFailedUpdateWritesNothing(t *testing.T) {
	t.Parallel()
	store := Open(t.TempDir())
	wanted := errors.New("no")
	err := store.Update(t.Context(), func(state *State) error {
		state.Subnets["subnet-1"] = &Subnet{}
		return wanted
	})
	if !errors.Is(err, wanted) {
		t.Errorf("the error is %v", err)
	}
	if state, err := store.Read(); err != nil || len(state.Subnets) != 0 {
		t.Errorf("the region is %+v, %v", state, err)
	}
}

func TestRoutesAndRulesSurviveTheFile(t *testing.T) {
	t.Parallel()
	store := Open(t.TempDir())
	anywhere := netip.MustParsePrefix("0.0.0.0/0")
	err := store.Update(t.Context(), func(state *State) error {
		state.RouteTables["rtb-1"] = &RouteTable{Routes: map[netip.Prefix]*Route{anywhere: {InternetGateway: "igw-1"}}}
		state.Rules["sgr-1"] = &Rule{Peer: "sg-1"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	state, err := store.Read()
	if err != nil {
		t.Fatal(err)
	}
	if state.RouteTables["rtb-1"].Routes[anywhere].InternetGateway != "igw-1" || state.Rules["sgr-1"].CIDR.IsValid() {
		t.Errorf("the region is %+v", state)
	}
}

func TestABrokenFileIsAnErrorWithItsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "region.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir).Read(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the error is %v", err)
	}
}
