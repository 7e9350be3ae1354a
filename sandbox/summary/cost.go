package summary

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// An item is something that costs by the month, and how many of it there are before and after the plan.
type item struct {
	what          string // such as EC2 instance t2.micro
	cents         int    // a month, for each
	known         bool   // whether there is a price
	before, after int
}

// An estimate is what all resources of a plan cost.
type estimate struct {
	items         []*item
	before, after int  // cents a month, as far as prices are known
	complete      bool // whether all prices are known
	had           bool // whether there was anything before
}

func (t *priceTable) estimate(changes []change) estimate {
	items, e := map[string]*item{}, estimate{complete: true}
	add := func(c change, state *apitype.StepEventStateMetadata, count func(*item)) {
		for _, i := range t.items(string(c.urn.Type()), state) {
			if items[i.what] == nil {
				items[i.what] = &i
			}
			count(items[i.what])
		}
	}
	for _, c := range changes {
		add(c, c.old, func(i *item) { i.before++ })
		add(c, c.new, func(i *item) { i.after++ })
		e.had = e.had || c.old != nil
	}
	for _, what := range slices.Sorted(maps.Keys(items)) {
		i := items[what]
		e.items = append(e.items, i)
		e.before += i.before * i.cents
		e.after += i.after * i.cents
		e.complete = e.complete && i.known
	}
	return e
}

// items are what a resource costs: none for one that is free or not there.
func (t *priceTable) items(token string, state *apitype.StepEventStateMetadata) []item {
	switch price, priced := t.Resources[token]; {
	case state == nil || !strings.HasPrefix(token, "aws:") || slices.Contains(t.Free, token):
		return nil
	case priced:
		return []item{{what: price.What, cents: t.monthly(price.Hourly), known: true}}
	case token != instanceType:
		return []item{{what: token}}
	}
	kind := show(state, "instanceType")
	hourly, known := t.Instances[kind]
	all := []item{{what: "EC2 instance " + kind, cents: t.monthly(hourly), known: known}}
	volume, size := show(state, "rootBlockDevice.volumeType"), show(state, "rootBlockDevice.volumeSize")
	price, known := t.Volumes[volume]
	gib, err := strconv.ParseFloat(size, 64)
	disk := item{what: fmt.Sprintf("disk, %s GiB %s", size, volume), cents: cents(price * gib), known: known && err == nil}
	return append(all, disk)
}

// String is the estimate in a few words.
func (e estimate) String() string {
	difference := e.after - e.before
	switch text := "about " + dollars(e.after) + " a month"; {
	case !e.complete:
		return "at least " + dollars(e.after) + " a month: not all prices are known"
	case !e.had:
		return text
	case difference > 0:
		return text + ", " + dollars(difference) + " more than now"
	case difference < 0:
		return text + ", " + dollars(-difference) + " less than now"
	default:
		return text + ", as now"
	}
}

// rows writes the items as rows of a table, with the sum at the end.
func (e estimate) rows() [][]string {
	var all [][]string
	for _, i := range e.items {
		number := strconv.Itoa(i.after)
		if e.had && i.before != i.after {
			number = fmt.Sprintf("%d → %d", i.before, i.after)
		}
		each, sum := "unknown", "unknown"
		if i.known {
			each, sum = dollars(i.cents), dollars(i.after*i.cents)
		}
		all = append(all, []string{cell(i.what), number, each, sum})
	}
	return append(all, []string{"**Sum**", "", "", "**" + dollars(e.after) + "**"})
}

func dollars(cents int) string { return fmt.Sprintf("$%d.%02d", cents/100, cents%100) }
