package cli

import (
	"context"
	"encoding/json"
	"strings"

	"hello-kubernetes/sandbox/instances"
	"hello-kubernetes/sandbox/plugins/aws"
	"hello-kubernetes/sandbox/region"
)

// recover repairs what an update that was killed has left: locks, things in the region that no stack knows, and
// operations whose end Pulumi does not know. It returns the URNs of all stacks' resources by ID.
func (c *clone) recover(ctx context.Context) (known map[string]string, err error) {
	if err := c.unlock(ctx); err != nil {
		return nil, err
	}
	states, err := c.checkpoints()
	if err != nil {
		return nil, err
	}
	known = map[string]string{}
	for _, state := range states {
		for _, r := range state.Deployment.Resources {
			known[r.ID] = r.URN
		}
	}
	var swept []string
	err = region.Open(region.Dir).Update(ctx, func(state *region.State) error {
		swept = aws.Sweep(state, known)
		for _, id := range swept {
			if !strings.HasPrefix(id, "i-") {
				continue
			}
			if err := instances.Remove(ctx, id); err != nil {
				return err
			}
		}
		return applyNetwork(ctx, state)
	})
	if err != nil {
		return nil, err
	}
	if len(swept) > 0 {
		say("Removed what an interrupted update had begun: %s", strings.Join(swept, ", "))
	}
	if state := states[c.stack]; state == nil || len(state.Deployment.PendingOperations) == 0 {
		return known, nil
	}
	return known, c.forgetPending(ctx)
}

// forgetPending takes the pending operations out of the stack's state: what they had begun has been removed.
func (c *clone) forgetPending(ctx context.Context) error {
	text, err := c.ask(ctx, "", "stack", "export", "--stack", c.stack)
	if err != nil {
		return err
	}
	var state map[string]any
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return err
	}
	if deployment, ok := state["deployment"].(map[string]any); ok {
		delete(deployment, "pending_operations")
	}
	cleared, err := json.Marshal(state)
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, string(cleared), "stack", "import", "--stack", c.stack)
	return err
}
