package command

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-command/sdk/go/command/remote"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestShape proves that the properties here are those of the official plugin, of the same types and just as required: a
// plan that passes here is one that it can read, and the other way round.
func TestShape(t *testing.T) {
	t.Parallel()
	for what, types := range map[string]struct{ ours, theirs reflect.Type }{
		"inputs":     {reflect.TypeFor[Args](), remote.CommandArgs{}.ElementType()},
		"outputs":    {reflect.TypeFor[State](), reflect.TypeFor[remote.Command]()},
		"connection": {reflect.TypeFor[Connection](), reflect.TypeFor[remote.Connection]()},
		"proxy":      {reflect.TypeFor[ProxyConnection](), reflect.TypeFor[remote.ProxyConnection]()},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ours, theirs := shape(types.ours), shape(types.theirs)
			for _, property := range slices.Sorted(maps.Keys(ours)) {
				if ours[property] != theirs[property] {
					t.Errorf("%s is %q here and %q officially", property, ours[property], theirs[property])
				}
			}
			for _, property := range slices.Sorted(maps.Keys(theirs)) {
				if _, known := ours[property]; !known {
					t.Errorf("%s is an official property, here it is missing", property)
				}
			}
		})
	}
}

// TestLoggingValues compares the values of the one enumeration.
func TestLoggingValues(t *testing.T) {
	t.Parallel()
	var ours []string
	for _, value := range Logging("").Values() {
		ours = append(ours, string(value.Value))
	}
	theirs := []string{
		string(remote.LoggingStdout),
		string(remote.LoggingStderr),
		string(remote.LoggingStdoutAndStderr),
		string(remote.LoggingNone),
	}
	if !slices.Equal(ours, theirs) {
		t.Errorf("%q here, %q officially", ours, theirs)
	}
}

// shape describes the properties of a struct by name: their type, and whether they are optional.
func shape(t reflect.Type) map[string]string {
	all := map[string]string{}
	for _, field := range reflect.VisibleFields(t) {
		name, option, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
		if name == "" || name == "id" || name == "urn" { // every resource has those
			continue
		}
		kind := field.Type
		if output, ok := reflect.Zero(kind).Interface().(pulumi.Output); ok {
			kind = output.ElementType()
		}
		all[name] = describe(kind)
		if option == "optional" || kind.Kind() == reflect.Pointer && field.Tag.Get("provider") != "secret" ||
			kind.Kind() == reflect.Slice || kind.Kind() == reflect.Map {
			all[name] = "optional " + all[name]
		}
	}
	return all
}

func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.Slice:
		return "list of " + describe(t.Elem())
	case reflect.Map:
		return "map of " + describe(t.Elem())
	case reflect.Struct:
		return t.Name()
	}
	return t.Kind().String()
}
