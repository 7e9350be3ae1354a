package summary

import (
	"bytes"
	_ "embed"
	"math"

	"gopkg.in/yaml.v3"
)

//go:embed prices.yaml
var pricesFile []byte

// prices is the table of prices that estimates are made with.
var prices = mustReadPrices(pricesFile)

// priceTable is what AWS asks in one region on one day, in US dollars.
type priceTable struct {
	Date          string             `yaml:"date"` // of the newest price, YYYY-MM-DD
	Region        string             `yaml:"region"`
	HoursPerMonth float64            `yaml:"hoursPerMonth"`
	Instances     map[string]float64 `yaml:"instances"` // an hour, by instance type
	Volumes       map[string]float64 `yaml:"volumes"`   // a GiB and month, by volume type
	Resources     map[string]struct {
		What   string  `yaml:"what"`
		Hourly float64 `yaml:"hourly"`
	} `yaml:"resources"` // by Pulumi type
	Free      []string `yaml:"free"` // Pulumi types
	LeavesOut []string `yaml:"leavesOut"`
}

func mustReadPrices(data []byte) *priceTable {
	table := &priceTable{}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(table); err != nil {
		panic("prices.yaml: " + err.Error()) // part of the program
	}
	return table
}

// monthly returns a month's cost in cents.
func (t *priceTable) monthly(hourly float64) int { return cents(hourly * t.HoursPerMonth) }

func cents(dollars float64) int { return int(math.Round(dollars * 100)) }
