package aws

import (
	"context"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// check refuses a resource that lacks a required input or has one that the sandbox does not know.
func (s *server) check(_ context.Context, r provider.CheckRequest) (provider.CheckResponse, error) {
	k, err := s.kindOf(r.Urn, true)
	if err != nil {
		return provider.CheckResponse{}, err
	}
	response := provider.CheckResponse{Inputs: r.Inputs}
	fail := func(key, reason string) {
		response.Failures = append(response.Failures, provider.CheckFailure{Property: key, Reason: reason})
	}
	known := map[string]bool{}
	for _, f := range k.fields() {
		known[f.name] = !f.is("output")
		if _, given := r.Inputs.GetOk(f.name); f.is("required") && !given {
			fail(f.name, "is required")
		}
	}
	for key := range r.Inputs.AllStable {
		if !known[key] {
			fail(key, "is not part of the sandbox")
		}
	}
	return response, nil
}

// diff compares the inputs as the program gives them. A change of the provider's default tags is one of tagsAll.
func (s *server) diff(_ context.Context, r provider.DiffRequest) (provider.DiffResponse, error) {
	k, err := s.kindOf(r.Urn, true)
	if err != nil {
		return provider.DiffResponse{}, err
	}
	replaces := map[string]bool{}
	for _, f := range k.fields() {
		replaces[f.name] = f.is("replace")
	}
	news := r.Inputs
	for _, key := range r.IgnoreChanges {
		news = news.Delete(key)
		if old, ok := r.OldInputs.GetOk(key); ok {
			news = news.Set(key, old)
		}
	}
	flag := news.Get("userDataReplaceOnChange")
	replaces["userData"] = flag.IsBool() && flag.AsBool()
	response := changes(r.OldInputs, news, func(key string) bool { return replaces[key] })
	if all, ok := r.State.GetOk("tagsAll"); ok && !all.Equals(tagsValue(s.allTags(news))) {
		response.HasChanges = true
		response.DetailedDiff["tagsAll"] = provider.PropertyDiff{Kind: provider.Update}
	}
	return response, nil
}

// changes returns the difference between inputs. A change of those for which replaces is true replaces the resource.
func changes(old, news property.Map, replaces func(key string) bool) provider.DiffResponse {
	response := provider.DiffResponse{DetailedDiff: map[string]provider.PropertyDiff{}}
	changed := old.Diff(news)
	if changed == nil {
		return response
	}
	for _, key := range changed.ChangedKeys() {
		kind := provider.Update
		if replaces(key) {
			kind = provider.UpdateReplace
		}
		response.HasChanges = true
		response.DetailedDiff[key] = provider.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return response
}

// preview returns what is known of a resource before a create or an update: its inputs, and what an update keeps.
func (s *server) preview(k kind, old, inputs property.Map) property.Map {
	result := map[string]property.Value{}
	for _, f := range k.fields() {
		value, given := inputs.GetOk(f.name)
		before, had := old.GetOk(f.name)
		made := f.is("output") || f.is("computed")
		switch {
		case given:
			result[f.name] = value
		case had && made:
			result[f.name] = before
		case old.Len() == 0 && made:
			result[f.name] = property.New(property.Computed)
		}
	}
	if _, taggable := result["tagsAll"]; taggable {
		result["tagsAll"] = tagsValue(s.allTags(inputs))
	}
	return property.NewMap(result)
}
