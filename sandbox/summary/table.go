package summary

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// table writes a Markdown table, folded up under its title when it is long.
func (d *document) table(title string, header []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	folded := len(rows) > crowded
	if folded {
		d.line("<details><summary>%s</summary>\n", title)
	} else {
		d.line("%s\n", title)
	}
	d.line("| %s |", strings.Join(header, " | "))
	marks := make([]string, len(header))
	for i, name := range header {
		marks[i] = "---"
		if name == header[len(header)-1] && strings.HasPrefix(name, "$") {
			marks[i] = "---:"
		}
	}
	d.line("| %s |", strings.Join(marks, " | "))
	for _, row := range rows {
		d.line("| %s |", strings.Join(row, " | "))
	}
	if folded {
		d.line("\n</details>")
	}
	d.line("")
}

// changes are an overview of what is created, and every change in a table of its kind.
func (d *document) changes(p *Plan, all []change) {
	d.line("### Changes\n")
	d.parts(all)
	stack, project := p.stack()
	d.line("Names are without their prefix `%s-%s-`.\n", project, stack)
	titles := map[string]string{replaced: "To replace", deleted: "To delete", updated: "To update", created: "To create"}
	for _, op := range []string{replaced, deleted, updated, created} {
		var rows [][]string
		for _, c := range all {
			if c.op != op {
				continue
			}
			what := cell(p.describe(c))
			if op == updated || op == replaced {
				what = strings.Join(cells(c.differences()), "<br>")
			}
			rows = append(rows, []string{componentOf(c.urn), kindOf(string(c.urn.Type())), "`" + cell(short(c.urn)) + "`", what})
		}
		last := "What it is"
		if op == updated || op == replaced {
			last = "What changes"
		}
		d.table(fmt.Sprintf("<b>%s: %d</b>", titles[op], len(rows)), []string{"Part", "Kind", "Name", last}, rows)
	}
}

// parts is how many resources of which kind each component gets.
func (d *document) parts(all []change) {
	numbers := map[string]map[string]int{}
	for _, c := range all {
		if part := componentOf(c.urn); c.op == created && c.new != nil && c.new.Custom {
			if numbers[part] == nil {
				numbers[part] = map[string]int{}
			}
			numbers[part][kindOf(string(c.urn.Type()))]++
		}
	}
	var rows [][]string
	for _, part := range order(all) {
		if len(numbers[part]) > 0 {
			rows = append(rows, []string{part, strings.Join(counts(numbers[part]), ", ")})
		}
	}
	d.table("What is new, by the program's parts, each building on those before it:", []string{"Part", "New resources"}, rows)
}

// rules is who may reach what.
func (d *document) rules(p *Plan, all []change) {
	flows := p.flows(all)
	if len(flows) == 0 {
		return
	}
	d.line("### Who may reach what\n")
	d.line("All traffic that the security groups let pass; everything else is dropped, answers excepted.\n")
	changing := slices.ContainsFunc(flows, func(f flow) bool { return f.op() != flows[0].op() })
	header := []string{"From", "To", "Protocol", "Ports", "Reason"}
	if changing {
		header = append(header, "Change")
	}
	titles := map[string]string{
		inbound:  "<b>In:</b> from outside to the machines",
		inside:   "<b>Inside:</b> between the machines, by role",
		outbound: "<b>Out:</b> from the machines to outside",
	}
	for _, direction := range []string{inbound, inside, outbound} {
		var rows [][]string
		for _, f := range flows {
			if f.direction != direction {
				continue
			}
			from, to := f.from, f.to
			if direction == outbound {
				to += parenthesis(f.cidrs)
			} else {
				from += parenthesis(f.cidrs)
			}
			row := cells([]string{from, to, f.name(), f.ports(), f.reason})
			if changing {
				row = append(row, changeOf[f.op()])
			}
			rows = append(rows, row)
		}
		d.table(titles[direction], header, rows)
	}
}

// changeOf is what an operation makes of a rule.
var changeOf = map[string]string{created: "**new**", deleted: "**removed**", updated: "**changed**", replaced: "**changed**", unchanged: ""}

// costs is the estimate, an item a row.
func (d *document) costs(p *Plan, all []change) {
	e := prices.estimate(all)
	d.line("### Estimated cost: %s\n", e)
	if region := p.Config["aws:region"]; strings.HasPrefix(region, "sandbox") {
		d.line("The sandbox costs nothing. This is what the same resources would cost on AWS in %s.\n", prices.Region)
	} else if region != "" && region != prices.Region {
		d.line("The prices are those of %s; in %s, where this stack is, they differ.\n", prices.Region, region)
	}
	var rows [][]string
	for _, i := range e.items {
		price := "unknown price"
		if i.known {
			price = dollars(i.cents)
		}
		rows = append(rows, []string{"`" + cell(i.resource) + "`", cell(i.what), price})
	}
	total := dollars(e.after)
	if len(e.unknown) > 0 {
		total = "at least " + total
	}
	if len(rows) > 0 {
		rows = append(rows, []string{"**Total**", "", "**" + total + "**"})
	}
	d.table("What costs by the hour or the month; everything else is free by itself.",
		[]string{"Resource", "What", "$ a month"}, rows)
	d.line("An estimate with the on-demand prices of %s for Linux as of %s, %g hours a month. Not in it: %s. Prices: %s.",
		prices.Region, prices.Date, prices.HoursPerMonth, strings.Join(prices.LeavesOut, ", "), strings.Join(prices.Sources, ", "))
}

// cell makes text fit a cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", ">", "&gt;").Replace(text)
}

func cells(texts []string) []string {
	result := make([]string, len(texts))
	for i, text := range texts {
		result[i] = cell(text)
	}
	return result
}

var privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`)

// Redact takes private keys out of a text.
func Redact(text string) string { return privateKey.ReplaceAllString(text, "[private key]") }

// fenced makes text a code block, whatever it contains.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.TrimSpace(text) + "\n" + fence
}
