package aws

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

// tagged is part of the properties of every kind that can have tags. The region records all tags of a resource; which
// of them are the provider's default ones, only the provider knows.
type tagged struct {
	Tags    region.Tags `json:"tags,omitempty"`
	TagsAll region.Tags `json:"tagsAll" aws:"output"`
}

// tagging are the properties that embed tagged, recordedTags the records that belong to them.
type (
	tagging      interface{ tag(all region.Tags) }
	recordedTags interface{ TagSet() *region.Tags }
)

func (t *tagged) tag(all region.Tags) {
	if all == nil {
		all = region.Tags{}
	}
	t.Tags, t.TagsAll = all, all
}

// allTags returns the provider's default tags and a resource's own, which go before. Unknown ones are left out.
func (s *server) allTags(inputs property.Map) region.Tags {
	var own tagged
	_ = decode(inputs, &own) // a value of a wrong type is reported where the whole resource is decoded
	all := region.Tags{}
	maps.Copy(all, s.defaultTags)
	maps.Copy(all, own.Tags)
	return all
}

// withoutDefaults returns a resource's own tags: all but those that only the provider's defaults have put there.
func (s *server) withoutDefaults(all, own property.Value) property.Value {
	tags := all.AsMap()
	for name, value := range s.defaultTags {
		given := own.IsMap() && own.AsMap().Get(name).IsString()
		if !given && tags.Get(name).Equals(property.New(value)) {
			tags = tags.Delete(name)
		}
	}
	return property.New(tags)
}

func tagsValue(tags region.Tags) property.Value {
	values := map[string]property.Value{}
	for name, value := range tags {
		values[name] = property.New(value)
	}
	return property.New(values)
}
