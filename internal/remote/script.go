package remote

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed apt.sh
var aptFunctions string

// Template parses a script. Its parameters are quoted with the function q; a parameter that is missing is an error. With
// {{template "apt"}} it gets the shell functions of apt.sh.
func Template(name, text string) *template.Template {
	script := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"q": Quote})
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

// Quote returns text as one word of a POSIX shell, whatever it contains.
func Quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
