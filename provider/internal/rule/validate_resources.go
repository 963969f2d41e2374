// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// labelPattern is what the adapter can put into a query: it writes label names without quotes.
var labelPattern = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

const overridesExample = `for example overrides = { namespace = { resource = "namespace" }, pod = { resource = "pod" } }`

func (v *validator) resources() {
	if !v.known(FieldResources) {
		return
	}
	res := v.rule.Resources
	if res.Template == "" && len(res.Overrides) == 0 {
		v.noMapping()
		return
	}
	if res.Template != "" {
		v.template(res.Template)
	}
	for _, label := range slices.Sorted(maps.Keys(res.Overrides)) {
		v.override(label, res.Overrides[label])
	}
	v.sharedResources()
	if res.Template == "" && !v.mapsNamespace() {
		v.noNamespace()
	}
}

// noMapping judges a rule that maps no label to a resource.
func (v *validator) noMapping() {
	switch {
	case v.kind == KindCustom:
		v.found.fail(FieldResources, nil, "No resource mapping",
			"resources has neither template nor overrides, so the adapter finds no Kubernetes object that a value belongs to and serves nothing; set one, %s. "+
				"Terraform drops keys that it does not know, so look for a misspelt one.", overridesExample)
	case v.namespaced():
		v.found.fail(FieldResources, nil, "No namespace mapping",
			"resources maps no label to namespace, which every request for an external metric asks for; "+
				"set namespaced = false to have the metric without a namespace, or map the label, %s.", `for example overrides = { namespace = { resource = "namespace" } }`)
	}
}

func (v *validator) noNamespace() {
	if v.kind == KindExternal {
		if v.namespaced() {
			v.noMapping()
		}
		return
	}
	v.found.warn(FieldResources, []Step{Attr("overrides")}, "No namespace mapping",
		"resources.overrides maps no label to namespace. Values of pods, services and other objects in a namespace cannot be asked for then, "+
			"only those of nodes and other objects outside of namespaces; %s.", `add namespace = { resource = "namespace" }`)
}

func (v *validator) namespaced() bool {
	return v.rule.Resources.Namespaced == nil || *v.rule.Resources.Namespaced
}

func (v *validator) mapsNamespace() bool {
	for _, res := range v.rule.Resources.Overrides {
		if res.Group == "" && strings.TrimSuffix(strings.ToLower(res.Resource), "s") == "namespace" {
			return true
		}
	}
	return false
}

func (v *validator) template(text string) {
	at := []Step{Attr("template")}
	conv, err := naming.NewResourceConverter(text, nil, v.mapper)
	if err != nil {
		v.found.fail(FieldResources, at, "Invalid resources.template",
			"resources.template %q cannot be used: %v. It is a Go template with the delimiters << and >> and the fields .Group and .Resource, "+
				`and must use the latter, for example "kube_<<.Group>>_<<.Resource>>" or "<<.Resource>>".`, text, err)
		return
	}
	label, err := conv.LabelForResource(schema.GroupResource{Resource: "pods"})
	if err != nil || !labelPattern.MatchString(string(label)) {
		v.found.fail(FieldResources, at, "Invalid resources.template",
			"resources.template %q makes the label %q for pods, which is not a Prometheus label name (letters, digits and underscores, no digit first).", text, label)
	}
}

func (v *validator) override(label string, res GroupResource) {
	at := []Step{Attr("overrides"), Key(label)}
	if !labelPattern.MatchString(label) {
		v.found.fail(FieldResources, at, "Invalid label name",
			"resources.overrides has the key %q, which is not a Prometheus label name (letters, digits and underscores, no digit first); "+
				"a key is the label of the series, the value the Kubernetes resource it names.", label)
	}
	at = append(at, Attr("resource"))
	if strings.TrimSpace(res.Resource) == "" {
		v.found.fail(FieldResources, at, "Empty resource", `resources.overrides[%q] has no resource; name one, for example resource = "pod".`, label)
		return
	}
	if isKubernetesGroup(res.Group) && !v.mapper.builtIn(res) {
		v.found.warn(FieldResources, at, "Not a resource of Kubernetes itself",
			"resources.overrides[%q] names the resource %q (group %q), which is not part of Kubernetes. If the cluster does not define it either, "+
				"the adapter will not start; check the spelling with kubectl api-resources, and set group for a custom resource.", label, res.Resource, res.Group)
	}
	if _, err := naming.NewResourceConverter("", map[string]config.GroupResource{label: {Group: res.Group, Resource: res.Resource}}, v.mapper); err != nil {
		v.found.fail(FieldResources, at, "Invalid resource", "resources.overrides[%q] cannot be used: %v.", label, err)
	}
}

// isKubernetesGroup reports whether only Kubernetes itself has resources in the group; its newer groups end in k8s.io, as some
// add-ons' do, and are left out.
func isKubernetesGroup(group string) bool {
	return !strings.Contains(group, ".")
}

// sharedResources warns of labels that compete: the adapter picks one of them by chance at each start.
func (v *validator) sharedResources() {
	labels := map[schema.GroupResource]string{}
	for _, label := range slices.Sorted(maps.Keys(v.rule.Resources.Overrides)) {
		res := v.rule.Resources.Overrides[label]
		found, err := v.mapper.ResourceFor(schema.GroupVersionResource{Group: res.Group, Resource: res.Resource})
		if err != nil || res.Resource == "" {
			continue
		}
		if other, ok := labels[found.GroupResource()]; ok {
			v.found.warn(FieldResources, []Step{Attr("overrides"), Key(label)}, "Two labels for one resource",
				"resources.overrides maps both %q and %q to %s; the adapter uses one of them, a different one from start to start. Keep the label that is always set.",
				other, label, found.GroupResource())
		}
		labels[found.GroupResource()] = label
	}
}
