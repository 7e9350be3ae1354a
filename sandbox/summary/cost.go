package summary

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An item is what one resource costs, or a part of it.
type item struct {
	resource string // its name
	what     string // such as EC2 instance t2.micro
	cents    int    // a month
	known    bool   // whether there is a price
}

// items are what a resource costs: none for one that is free.
func (t *priceTable) items(name, token string, state *State) []item {
	if state == nil || !t.costs(token) {
		return nil
	}
	if token == instanceType {
		return t.instance(name, state)
	}
	if price, ok := t.Resources[token]; ok {
		return []item{{name, price.What, t.monthly(price.Hourly), true}}
	}
	return []item{{resource: name, what: kindOf(token)}}
}

// instance is a machine, its disk, and a public address if it asks for one of its own.
func (t *priceTable) instance(name string, state *State) []item {
	kind := state.text("instanceType")
	hourly, known := t.Instances[kind]
	all := []item{{name, strings.TrimSpace("EC2 instance " + kind), t.monthly(hourly), known}}
	if state.text("associatePublicIpAddress") == "true" {
		address := t.Resources["aws:ec2/eip:Eip"]
		all = append(all, item{name, address.What, t.monthly(address.Hourly), true})
	}
	volume, size := state.text("rootBlockDevice", "volumeType"), state.text("rootBlockDevice", "volumeSize")
	price, known := t.Volumes[volume]
	gib, err := strconv.ParseFloat(size, 64)
	if err != nil {
		return append(all, item{resource: name, what: "disk of unknown size"})
	}
	return append(all, item{name, fmt.Sprintf("disk, %s GiB %s", size, volume), cents(price * gib), known})
}

// estimate is what all resources of a plan cost, before and after it.
type estimate struct {
	items         []item // after
	before, after int    // cents a month, as far as prices are known
	unknown       []item // what is in neither sum
	hadUnknown    bool   // whether before is incomplete too
	had           bool   // whether there was anything before
}

func (t *priceTable) estimate(all []change) estimate {
	e := estimate{}
	for _, c := range all {
		name := short(c.urn)
		for _, i := range t.items(name, string(c.urn.Type()), c.old) {
			e.before += i.cents
			e.hadUnknown = e.hadUnknown || !i.known
		}
		e.had = e.had || c.old != nil
		if c.op == deleted {
			continue
		}
		for _, i := range t.items(name, string(c.urn.Type()), c.new) {
			e.items = append(e.items, i)
			e.after += i.cents
			if !i.known {
				e.unknown = append(e.unknown, i)
			}
		}
	}
	slices.SortStableFunc(e.items, func(a, b item) int {
		return cmp.Or(strings.Compare(a.resource, b.resource), cmp.Compare(fmt.Sprint(a.known), fmt.Sprint(b.known)), cmp.Compare(b.cents, a.cents))
	})
	return e
}

// String is the estimate in a few words: about $33.87 a month, and an unknown price.
func (e estimate) String() string {
	text := "about " + dollars(e.after) + " a month"
	if e.had && !e.hadUnknown && len(e.unknown) == 0 {
		switch difference := e.after - e.before; {
		case difference > 0:
			text += ", " + dollars(difference) + " more than now"
		case difference < 0:
			text += ", " + dollars(-difference) + " less than now"
		default:
			text += ", as now"
		}
	}
	if len(e.unknown) > 0 {
		text = "at least " + dollars(e.after) + " a month and " + count(len(e.unknown), "unknown price")
	}
	return text
}

func dollars(cents int) string { return fmt.Sprintf("$%d.%02d", cents/100, cents%100) }
