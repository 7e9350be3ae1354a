package aws

import "testing"

// An Elastic IP moves to where it was associated last; the end of the association before that changes nothing.
func TestElasticIPMoves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const token = "aws:ec2/eipAssociation:EipAssociation"
	inputs := map[string]any{}
	for _, l := range stage(b) {
		if l.token == token {
			inputs = l.inputs
		}
	}
	first := b.make(token, inputs)
	second := b.make(token, inputs)
	if err := b.remove(first); err != nil {
		t.Errorf("the end of an association that is no more: %v", err)
	}
	if still := b.refresh(second); still.ID != second.id {
		t.Error("the address is where it was before, or nowhere")
	}
	if gone := b.refresh(first); gone.ID != "" {
		t.Error("the address is in two places")
	}
}
