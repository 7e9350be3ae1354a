package summary

import (
	"fmt"
	"slices"
	"strings"
)

// crowded is the number of rows from which a table is folded up.
const crowded = 12

// Markdown writes the plan for people: what changes, who may reach what, and what it costs. Context is a sentence on how
// the plan was made, or "".
func Markdown(p *Plan, context string) string {
	all := p.changes()
	stack, _ := p.stack()
	d := &document{}
	d.line("## Preview of stack `%s`\n", stack)
	d.line("%s\n", strings.TrimSpace("**"+headline(all)+".** "+context))
	d.glance(p, all)
	d.warnings(p, all)
	d.changes(p, all)
	d.rules(p, all)
	d.costs(p, all)
	return d.String()
}

// Failure writes why there is no plan. Private keys in the reason are left out.
func Failure(stack, reason string) string {
	d := &document{}
	d.line("## Preview of stack `%s` failed\n", stack)
	d.line("There is no plan, so nothing can be said about changes, rules and costs. The reason:\n")
	d.line("%s", fenced(Redact(reason)))
	return d.String()
}

type document struct{ strings.Builder }

func (d *document) line(format string, args ...any) {
	d.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// headline counts the changes: 1 to replace, 3 to create, 80 unchanged.
func headline(all []change) string {
	numbers := map[string]int{}
	for _, c := range all {
		numbers[c.op]++
	}
	var parts []string
	for _, op := range []string{created, updated, replaced, deleted} {
		if numbers[op] > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", numbers[op], op))
		}
	}
	if len(parts) == 0 {
		parts = []string{"No changes"}
	}
	if numbers[unchanged] > 0 {
		parts = append(parts, fmt.Sprintf("%d unchanged", numbers[unchanged]))
	}
	return strings.Join(parts, ", ")
}

// glance is what most readers look for.
func (d *document) glance(p *Plan, all []change) {
	machines := map[string]int{}
	for _, c := range all {
		if string(c.urn.Type()) == instanceType && c.op != deleted {
			machines[c.state().text("instanceType")]++
		}
	}
	if len(machines) > 0 {
		var parts []string
		for _, kind := range counts(machines) {
			number, name, _ := strings.Cut(strings.TrimSuffix(kind, "s"), " ")
			parts = append(parts, number+" × "+name)
		}
		d.line("- **Machines:** %s", strings.Join(parts, ", "))
	}
	var open []string
	for _, f := range p.flows(all) {
		if f.direction == inbound && f.from == internet && f.op() != deleted {
			open = append(open, f.traffic()+" on "+f.to)
		}
	}
	if len(open) == 0 {
		open = []string{"nothing"}
	}
	d.line("- **Open to the whole internet:** %s", strings.Join(open, "; "))
	d.line("- **Cost:** %s on AWS (an estimate, see below)\n", prices.estimate(all))
}

// warnings are what a reviewer must not overlook.
func (d *document) warnings(p *Plan, all []change) {
	var found []string
	for _, f := range p.flows(all) {
		switch {
		case f.exposed():
			found = append(found, fmt.Sprintf("%s on **%s** is open to everybody on the internet.", f.traffic(), f.to))
		case f.halved():
			found = append(found, fmt.Sprintf("%s from **%s** to **%s** has a rule at one end only, so it does not pass.", f.traffic(), f.from, f.to))
		}
	}
	for _, c := range all {
		switch machine := string(c.urn.Type()) == instanceType; {
		case machine && (c.op == replaced || c.op == deleted):
			found = append(found, fmt.Sprintf("The machine **%s** is to be %sd: what is on its disk is lost.", short(c.urn), c.op))
		case c.stops():
			found = append(found, fmt.Sprintf("The machine **%s** stops and starts again.", short(c.urn)))
		}
	}
	if p.ChangeSummary[unchanged] > 0 && !slices.ContainsFunc(all, func(c change) bool { return c.op == unchanged }) {
		found = append(found, "Unchanged resources are not part of this plan: rules and costs are those of the changed ones only. Preview with --show-sames and --show-replacement-steps.")
	}
	if text := p.said("warning"); text != "" {
		found = append(found, "Pulumi says: "+cell(Redact(text)))
	}
	if len(found) > 0 {
		d.line("> [!WARNING]")
		for _, text := range found {
			d.line("> - %s", text)
		}
		d.line("")
	}
}
