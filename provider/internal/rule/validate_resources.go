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

// labelPattern matches the label names that the adapter can put into a query: it writes them without quotes.
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
	if v.kind == KindCustom && !v.namespaced() {
		v.found.warn(FieldResources, []Step{Attr("namespaced")}, "No meaning for custom metrics",
			"resources.namespaced = false has a meaning only for kind = \"external\"; for a custom metric the adapter goes by the object that is asked for. Leave it out.")
	}
	if res.Template == "" && !v.mapsNamespace() {
		v.noNamespace()
	}
}

// noMapping reports a rule that maps no label to a resource.
func (v *validator) noMapping() {
	switch {
	case v.kind == KindCustom:
		v.found.fail(FieldResources, nil, "No resource mapping",
			"resources has neither template nor overrides, so the adapter finds no Kubernetes object that a value belongs to and serves nothing; set one, %s. "+
				"The labels go inside overrides, not next to it, and Terraform drops keys that it does not know, so look for one that is misspelt or misplaced.", overridesExample)
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
	inNamespaces, outside := 0, 0
	for _, res := range v.rule.Resources.Overrides {
		switch gvr, err := v.mapper.ResourceFor(schema.GroupVersionResource{Group: res.Group, Resource: res.Resource}); {
		case err != nil:
		case slices.Contains(namespacedResources, gvr.Resource):
			inNamespaces++
		case gvr.Resource == "nodes" || gvr.Resource == "persistentvolumes":
			outside++
		}
	}
	at, remedy := []Step{Attr("overrides")}, `add namespace = { resource = "namespace" }`
	switch len(v.rule.Resources.Overrides) {
	case outside:
	case inNamespaces:
		v.found.fail(FieldResources, at, "No namespace mapping",
			"resources.overrides maps no label to namespace. Values of pods, services and other objects in a namespace cannot be requested then, and it maps nothing else, so the metric would never have a value; %s.", remedy)
	default:
		v.found.warn(FieldResources, at, "No namespace mapping",
			"resources.overrides maps no label to namespace. Values of pods, services and other objects in a namespace cannot be requested then, "+
				"only those of nodes and other cluster-scoped objects; %s.", remedy)
	}
}

// namespacedResources are resources of Kubernetes that people scale by and whose objects are in namespaces.
var namespacedResources = []string{
	"pods", "services", "endpoints", "configmaps", "persistentvolumeclaims", "replicationcontrollers", "serviceaccounts",
	"deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs", "ingresses", "horizontalpodautoscalers",
}

func (v *validator) namespaced() bool {
	return v.rule.Resources.Namespaced == nil || *v.rule.Resources.Namespaced
}

func (v *validator) mapsNamespace() bool {
	for _, res := range v.rule.Resources.Overrides {
		if isNamespace(res) {
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
				`and must use the latter, for example "kube_<<.Resource>>" or "<<.Resource>>".`, text, err)
		return
	}
	label, err := conv.LabelForResource(schema.GroupResource{Resource: "pods"})
	if err != nil || !labelPattern.MatchString(string(label)) {
		v.found.fail(FieldResources, at, "Invalid resources.template",
			"resources.template %q makes the label %q for pods, which is not a Prometheus label name (letters, digits and underscores, no digit first).", text, label)
		return
	}
	v.groupInTemplate(text, string(label))
}

func (v *validator) override(label string, res GroupResource) {
	at := []Step{Attr("overrides"), Key(label)}
	switch {
	case strings.HasPrefix(label, "__") && label != "__name__":
		v.found.warn(FieldResources, at, "Label is never stored",
			"resources.overrides[%q] can match nothing: Prometheus drops labels that begin with two underscores after relabelling; take the label that it was copied to, for example pod.", label)
	case !labelPattern.MatchString(label):
		v.found.fail(FieldResources, at, "Invalid label name",
			"resources.overrides[%q]: the key is not a Prometheus label name (letters, digits and underscores, no digit first); "+
				"a key is the label of the series, the value the Kubernetes resource it names.", label)
	}
	at = append(at, Attr("resource"))
	if strings.TrimSpace(res.Resource) == "" {
		v.found.fail(FieldResources, at, "Empty resource", `resources.overrides[%q].resource is empty; name one, for example resource = "pod".`, label)
		return
	}
	if v.groupResource(label, res) {
		return
	}
	if _, err := naming.NewResourceConverter("", map[string]config.GroupResource{label: {Group: res.Group, Resource: res.Resource}}, v.mapper); err != nil {
		v.found.fail(FieldResources, at, "Invalid resource", "resources.overrides[%q] cannot be used: %v.", label, err)
	}
}

// sharedResources warns about labels that compete: the adapter picks one of them at random at each start.
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
				"resources.overrides[%[2]q] maps the label to %[3]s, as %[1]q does; the adapter picks one of them at random at each start. Keep the label that is always set.",
				other, label, found.GroupResource())
		}
		labels[found.GroupResource()] = label
	}
}
