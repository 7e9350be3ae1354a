package summary

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// colors of the components, in their order: pale, so that text on them reads well.
var colors = []string{"#dbeafe", "#dcfce7", "#fef9c3", "#fce7f3", "#ede9fe", "#ffedd5"}

// Graph draws the plan's components in the DOT language: how many resources of which kind each has, and what of those
// before it each builds on.
func Graph(p *Plan) string {
	all := p.changes()
	components := slices.DeleteFunc(order(all), func(name string) bool { return name == outside })
	stack, project := p.stack()
	var dot strings.Builder
	write := func(format string, args ...any) { fmt.Fprintf(&dot, format+"\n", args...) }
	write("// Made by make graph from the plan of the stack %s: do not edit.", stack)
	write("digraph %q {", project)
	write(`	graph [rankdir=TB, bgcolor=white, fontname="Helvetica,Arial,sans-serif", fontsize=12, labelloc=b, nodesep=0.6, ranksep=0.5,`)
	write("		label=<<br/>What the program registers for the stack %s. An arrow leads to what builds on the resources named at it.>];", stack)
	write(`	node [shape=box, style="rounded,filled", color="#475569", margin="0.25,0.15", fontname="Helvetica,Arial,sans-serif", fontsize=12];`)
	write(`	edge [color="#475569", fontname="Helvetica,Arial,sans-serif", fontsize=10];`)
	for i, name := range components {
		write("	%q [fillcolor=%q, label=<%s>];", name, colors[i%len(colors)], box(name, numbers(all, name)))
	}
	needs := links(all)
	for _, from := range components {
		for _, to := range components {
			if needed := needs[to][from]; len(needed) > 0 {
				write("	%q -> %q [label=<%s>];", from, to, used(needed))
			}
		}
	}
	write("}")
	return dot.String()
}

// numbers counts a component's resources by kind.
func numbers(all []change, component string) map[string]int {
	found := map[string]int{}
	for _, c := range all {
		if state := c.state(); componentOf(c.urn) == component && c.op != deleted && state != nil && state.Custom {
			found[kindOf(string(c.urn.Type()))]++
		}
	}
	return found
}

// used is the text at an arrow: how many of what it needs, and a script by its name if there is only one.
func used(needed map[resource.URN]bool) string {
	found := map[string]int{}
	script := ""
	for urn := range needed {
		found[kindOf(string(urn.Type()))]++
		if string(urn.Type()) == commandType {
			script = urn.Name()
		}
	}
	all := counts(found)
	for i, text := range all {
		if text == count(1, kindOf(commandType)) {
			text = "the script " + script
		}
		all[i] = "&#160;" + line(text)
	}
	return strings.Join(all, "")
}

// box is the text in a component's box, as DOT's HTML.
func box(name string, numbers map[string]int) string {
	total := 0
	for number := range maps.Values(numbers) {
		total += number
	}
	all := counts(numbers)
	for i, text := range all {
		all[i] = line(text)
	}
	return fmt.Sprintf(`<b><font point-size="16">%s</font></b><br/>%s<br/><br/>%s`,
		html.EscapeString(name), count(total, "resource"), strings.Join(all, ""))
}

// line is a text with the end of its line, left aligned.
func line(text string) string { return html.EscapeString(text) + `<br align="left"/>` }
