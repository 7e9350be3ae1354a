package remote

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
)

//go:embed apt.sh
var aptFunctions string

// Template parses a script or a file for a host. The function q quotes a parameter as a word of the shell, json as a
// value of JSON or YAML; a parameter that is missing is an error. {{template "apt"}} is the shell functions of apt.sh.
func Template(name, text string) *template.Template {
	script := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"q": Quote, "json": encode})
	template.Must(script.New("apt").Parse(strings.TrimSuffix(aptFunctions, "\n")))
	return template.Must(script.Parse(text))
}

// Render fills in a script's parameters, a struct.
func Render(script *template.Template, params any) (string, error) {
	var text strings.Builder
	if err := script.Execute(&text, params); err != nil {
		return "", fmt.Errorf("render %s: %w", script.Name(), err)
	}
	return text.String(), nil
}

func encode(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}

// Quote returns text as one word of a POSIX shell, whatever it contains.
func Quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
