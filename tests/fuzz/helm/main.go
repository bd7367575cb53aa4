// Command helm answers cases with real Helm: one JSON object a line on standard input, one answer a line on standard
// output. The form of cases and answers is that of the recorded ones, see tests/conformance.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"sort"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"
)

type release struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Revision  int    `json:"revision"`
	IsUpgrade bool   `json:"isUpgrade"`
}

type question struct {
	Op          string                 `json:"op"`
	Templates   map[string]string      `json:"templates"`
	Files       map[string]string      `json:"files"`
	Chart       map[string]interface{} `json:"chart"`
	Values      map[string]interface{} `json:"values"`
	ValuesYaml  []string               `json:"valuesYaml"`
	SetJSON     []string               `json:"setJson"`
	Set         []string               `json:"set"`
	SetString   []string               `json:"setString"`
	SetLiteral  []string               `json:"setLiteral"`
	Release     *release               `json:"release"`
	KubeVersion string                 `json:"kubeVersion"`
	APIVersions []string               `json:"apiVersions"`
	Strict      bool                   `json:"strict"`
	Lint        bool                   `json:"lint"`
	SkipSchema  bool                   `json:"skipSchema"`
	Input       string                 `json:"input"`
	Mode        string                 `json:"mode"`
}

type answer struct {
	Files  map[string]string      `json:"files,omitempty"`
	Output map[string]interface{} `json:"output,omitempty"`
	Error  string                 `json:"error,omitempty"`
	Log    []string               `json:"log,omitempty"`
	// Skip says why Helm has no answer that could be compared.
	Skip string `json:"skip,omitempty"`
}

const patience = 4 * time.Second

// warnings keeps what Helm logs about values, in the form of the recorded cases.
type warnings struct{ lines []string }

func (w *warnings) Write(line []byte) (int, error) {
	text := strings.ReplaceAll(strings.TrimSuffix(string(line), "\n"), `"`, `\"`)
	w.lines = append(w.lines, `level=INFO msg="`+text+"\"\n")
	return len(line), nil
}

func main() {
	log.SetFlags(0)
	time.Local = time.UTC
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var q question
		if err := json.Unmarshal(line, &q); err != nil {
			fmt.Fprintln(os.Stderr, "not a case:", err)
			os.Exit(2)
		}
		told := make(chan answer, 1)
		go func() { told <- ask(q) }()
		select {
		case a := <-told:
			if err := out.Encode(a); err != nil {
				os.Exit(2)
			}
		case <-time.After(patience):
			_ = out.Encode(answer{Skip: "too slow"})
			os.Exit(3)
		}
	}
}

func ask(q question) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{Skip: fmt.Sprint("panic: ", r)}
		}
	}()
	switch q.Op {
	case "strvals":
		return setFlags(q)
	case "yaml":
		return readYaml(q)
	case "values":
		told := &warnings{}
		log.SetOutput(told)
		a = coalesce(q)
		a.Log = told.lines
		return a
	}
	log.SetOutput(io.Discard)
	return render(q)
}

func load(q question) (*chart.Chart, error) {
	files := map[string]string{}
	for name, text := range q.Files {
		files[name] = text
	}
	for name, text := range q.Templates {
		files["templates/"+name] = text
	}
	if _, ok := files["Chart.yaml"]; !ok {
		about := map[string]interface{}{"apiVersion": "v2", "name": "t", "version": "0.1.0"}
		for k, v := range q.Chart {
			about[k] = v
		}
		text, err := yaml.Marshal(about)
		if err != nil {
			return nil, err
		}
		files["Chart.yaml"] = string(text)
	}
	names := []string{}
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	buffered := []*loader.BufferedFile{}
	for _, name := range names {
		buffered = append(buffered, &loader.BufferedFile{Name: name, Data: []byte(files[name])})
	}
	return loader.LoadFiles(buffered)
}

// merge is that of cli/values: maps are merged, all else is replaced.
func merge(a, b map[string]interface{}) map[string]interface{} {
	out := make(map[string]interface{}, len(a))
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		if v, ok := v.(map[string]interface{}); ok {
			if bv, ok := out[k].(map[string]interface{}); ok {
				out[k] = merge(bv, v)
				continue
			}
		}
		out[k] = v
	}
	return out
}

func userValues(q question) (map[string]interface{}, error) {
	values := map[string]interface{}{}
	for _, text := range q.ValuesYaml {
		one := map[string]interface{}{}
		if err := yaml.Unmarshal([]byte(text), &one); err != nil {
			return nil, err
		}
		values = merge(values, one)
	}
	values = merge(values, q.Values)
	for _, step := range []struct {
		texts []string
		set   func(string, map[string]interface{}) error
	}{
		{q.SetJSON, strvals.ParseJSON},
		{q.Set, strvals.ParseInto},
		{q.SetString, strvals.ParseIntoString},
		{q.SetLiteral, strvals.ParseLiteralInto},
	} {
		for _, text := range step.texts {
			if err := step.set(text, values); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

func render(q question) answer {
	values, err := userValues(q)
	if err != nil {
		return answer{Error: err.Error()}
	}
	c, err := load(q)
	if err != nil {
		return answer{Error: err.Error()}
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return answer{Error: err.Error()}
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	if q.KubeVersion != "" {
		version, err := chartutil.ParseKubeVersion(q.KubeVersion)
		if err != nil {
			return answer{Error: err.Error()}
		}
		capabilities.KubeVersion = *version
	}
	capabilities.APIVersions = append(capabilities.APIVersions, q.APIVersions...)
	options := chartutil.ReleaseOptions{Name: "release-name", Namespace: "default", Revision: 1, IsInstall: true}
	if r := q.Release; r != nil {
		if r.Name != "" {
			options.Name = r.Name
		}
		if r.Namespace != "" {
			options.Namespace = r.Namespace
		}
		if r.Revision != 0 {
			options.Revision = r.Revision
		}
		options.IsUpgrade, options.IsInstall = r.IsUpgrade, !r.IsUpgrade
	}
	if q.Lint && !options.IsUpgrade {
		options.IsInstall = false // the linter gives neither
	}
	top, err := chartutil.ToRenderValuesWithSchemaValidation(c, values, options, capabilities, q.SkipSchema)
	if err != nil {
		return answer{Error: err.Error()}
	}
	files, err := engine.Engine{Strict: q.Strict, LintMode: q.Lint}.Render(c, top)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Files: files}
}

func setFlags(q question) answer {
	values := q.Values
	if values == nil {
		values = map[string]interface{}{}
	}
	setters := map[string]func(string, map[string]interface{}) error{
		"": strvals.ParseInto, "string": strvals.ParseIntoString, "json": strvals.ParseJSON, "literal": strvals.ParseLiteralInto,
	}
	err := setters[q.Mode](q.Input, values)
	a := answer{Output: map[string]interface{}{"typed": typed(values)}}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func readYaml(q question) answer {
	var value interface{}
	if err := yaml.Unmarshal([]byte(q.Input), &value); err != nil {
		return answer{Error: err.Error()}
	}
	text, _ := yaml.Marshal(value)
	return answer{Output: map[string]interface{}{"typed": typed(value), "toYaml": string(text)}}
}

func coalesce(q question) answer {
	values, err := userValues(q)
	if err != nil {
		return answer{Error: err.Error()}
	}
	c, err := load(q)
	if err != nil {
		return answer{Error: err.Error()}
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return answer{Error: err.Error()}
	}
	got, err := chartutil.CoalesceValues(c, values)
	if err != nil {
		return answer{Error: err.Error()}
	}
	names := []string{}
	for _, sub := range c.Dependencies() {
		names = append(names, sub.Name())
	}
	sort.Strings(names)
	return answer{Output: map[string]interface{}{"values": got, "subcharts": names}}
}

func typed(v interface{}) interface{} {
	switch v := v.(type) {
	case map[string]interface{}:
		out := map[string]interface{}{}
		for k, e := range v {
			out[k] = typed(e)
		}
		return out
	case []interface{}:
		out := []interface{}{}
		for _, e := range v {
			out = append(out, typed(e))
		}
		return out
	case nil:
		return "<nil>"
	}
	return fmt.Sprintf("%T(%v)", v, v)
}
