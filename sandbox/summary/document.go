package summary

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// longest is how long a document may be, in bytes. A comment on GitHub has at most 65,536 characters.
const longest = 60_000

// Markdown writes the plan for people. Context is a sentence on how the plan was made, diff what Pulumi itself shows of
// the plan; both may be empty. The plan's Err is nil.
func Markdown(p *Plan, context, diff string) string {
	d := &document{}
	d.line("## Preview of stack `%s`\n", p.changes[0].urn.Stack())
	d.line("%s\n", strings.TrimSpace("**"+headline(p.changes)+".** "+context))
	d.warnings(p)
	d.glance(p)
	d.changes(p)
	d.flows(p)
	d.costs(p)
	if diff != "" {
		d.fold("Pulumi's diff", fenced(shorten(redact(diff), longest-d.Len())))
	}
	return d.String()
}

// Failure writes why there is no plan. Private keys in the reason are left out.
func Failure(stack, reason string) string {
	return fmt.Sprintf("## Preview of stack `%s` failed\n\nThere is no plan. The reason:\n\n%s\n",
		stack, fenced(shorten(redact(reason), longest)))
}

type document struct{ strings.Builder }

func (d *document) line(format string, args ...any) {
	fmt.Fprintf(d, format+"\n", args...)
}

// fold writes a text that is hidden under its title until a click.
func (d *document) fold(title, text string) {
	d.line("<details><summary>%s</summary>\n\n%s\n\n</details>\n", title, strings.TrimSpace(text))
}

// headline counts the changes: 3 to create, 1 to replace, 80 unchanged.
func headline(changes []change) string {
	numbers := map[string]int{}
	for _, c := range changes {
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

// warnings are what a reviewer must not overlook.
func (d *document) warnings(p *Plan) {
	var found []string
	for _, c := range p.changes {
		switch {
		case c.isInstance() && (c.op == replaced || c.op == deleted):
			found = append(found, fmt.Sprintf("**%s** is %sd: what is on its disk is lost.", c.name(), c.op))
		case c.stops():
			found = append(found, fmt.Sprintf("**%s** stops and starts again.", c.name()))
		}
	}
	for _, f := range p.after {
		if f.exposed() {
			found = append(found, fmt.Sprintf("%s on **%s** is open to everybody on the internet.", f.ports(), f.To))
		}
	}
	for _, text := range p.warnings {
		found = append(found, "Pulumi warns: "+cell(text))
	}
	if len(found) > 0 {
		d.line("> [!WARNING]\n> - %s\n", strings.Join(found, "\n> - "))
	}
}

// glance is what most readers look for.
func (d *document) glance(p *Plan) {
	var open []string
	for _, f := range p.after {
		if f.From == internet {
			open = append(open, f.ports()+" on "+f.To)
		}
	}
	if len(open) == 0 {
		open = []string{"nothing"}
	}
	d.line("- **Traffic:** opens %d, closes %d; open to the whole internet: %s",
		len(without(p.after, p.before)), len(without(p.before, p.after)), strings.Join(open, ", "))
	d.line("- **Cost:** %s, by an estimate\n", prices.estimate(p.changes))
}

// changes lists what is replaced and updated one by one, and what is deleted and created by part and kind.
func (d *document) changes(p *Plan) {
	var rows [][]string
	for _, op := range []string{replaced, updated} {
		for _, c := range p.changes {
			if c.op == op {
				what := strings.Join(c.differences(), "<br>")
				rows = append(rows, []string{op, c.part(), c.kind(), "`" + cell(c.name()) + "`", what})
			}
		}
	}
	if len(rows) > 0 {
		d.line("### Changes\n\n%s", table("| | Part | Kind | Name | What changes |", rows))
	}
	const header = "| Part | Kind | Number | Names |"
	if rows := together(p.changes, deleted); len(rows) > 0 {
		d.line("### Deletions\n\n%s", table(header, rows))
	}
	if rows := together(p.changes, created); len(rows) > 0 {
		d.fold("<b>What is created</b>", table(header, rows))
	}
}

// together writes a row for each part and kind of what is deleted or created.
func together(changes []change, op string) [][]string {
	names := map[string][]string{}
	for _, c := range changes {
		if c.op == op {
			key := c.part() + " | " + c.kind()
			names[key] = append(names[key], "`"+cell(c.name())+"`")
		}
	}
	var rows [][]string
	for _, key := range slices.Sorted(maps.Keys(names)) {
		rows = append(rows, []string{key, fmt.Sprint(len(names[key])), strings.Join(names[key], ", ")})
	}
	return rows
}

// flows is who may reach what: what changes, and folded up what is open afterwards.
func (d *document) flows(p *Plan) {
	d.line("### Who may reach what\n")
	const header = "| From | To | Ports | Reason |"
	if len(p.before) > 0 {
		changes := append(rows(without(p.after, p.before), "**opens**"), rows(without(p.before, p.after), "closes")...)
		if len(changes) > 0 {
			d.line("%s", table("| "+header, changes))
		} else {
			d.line("No change.\n")
		}
	}
	d.fold(fmt.Sprintf("All %d flows after this plan; all other traffic is dropped, but for answers", len(p.after)),
		table(header, rows(p.after)))
}

// costs is the estimate, an item a row.
func (d *document) costs(p *Plan) {
	e := prices.estimate(p.changes)
	d.line("### Estimated cost: %s\n", e)
	d.line("%s", table("| What | Number | Each, a month | Sum |", e.rows()))
	d.line("On-demand prices of %s as of %s for %g hours a month; the stack is in %s. Not in it: %s.\n",
		prices.Region, prices.Date, prices.HoursPerMonth, p.region, strings.Join(prices.LeavesOut, ", "))
}

// table writes a Markdown table.
func table(header string, rows [][]string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n%s\n", header, regexp.MustCompile(`[^|]+`).ReplaceAllString(header, "---"))
	for _, row := range rows {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(row, " | "))
	}
	return text.String()
}

// cell makes text fit a cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", ">", "&gt;").Replace(text)
}

var privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`)

// redact takes private keys out of a text.
func redact(text string) string { return privateKey.ReplaceAllString(text, "[private key]") }

// shorten cuts a text that is longer than limit bytes, at the end of a line.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = text[:max(limit, 0)]
	return text[:strings.LastIndexByte(text, '\n')+1] + "… (cut: the log of the preview has the rest)"
}

// fenced makes text a code block, whatever it contains.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.TrimSpace(text) + "\n" + fence
}
