// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/validation"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// shortNames are names that kubectl understands and the adapter does not.
var shortNames = map[string]string{
	"po": "pod", "svc": "service", "deploy": "deployment", "ds": "daemonset", "sts": "statefulset", "rs": "replicaset", "rc": "replicationcontroller",
	"ns": "namespace", "no": "node", "ing": "ingress", "hpa": "horizontalpodautoscaler", "cj": "cronjob", "pv": "persistentvolume", "pvc": "persistentvolumeclaim",
	"ep": "endpoints", "cm": "configmap", "sa": "serviceaccount",
}

// groupResource checks the resource that an override names, and reports whether it found a problem. It only warns about resources
// that may be those of an add-on, because only the cluster knows which of them exist.
func (v *validator) groupResource(label string, res GroupResource) bool {
	at := []Step{Attr("overrides"), Key(label)}
	resourceAt, groupAt := append(at[:2:2], Attr("resource")), append(at[:2:2], Attr("group"))
	name := strings.ToLower(res.Resource)
	long, short := shortNames[name]
	groups := v.mapper.groupsOf(res.Resource)
	const stops = "the adapter does not start with it"
	switch {
	case strings.Contains(name, "/") || strings.Contains(name, "."):
		v.found.fail(FieldResources, resourceAt, "Invalid resource",
			"resources.overrides[%q].resource = %q is not the name of a resource; %s. Write the name alone, for example resource = \"deployment\", and its API group as group = \"apps\".", label, res.Resource, stops)
	case len(validation.IsDNS1035Label(name)) > 0:
		hint := ""
		if v.mapper.builtIn(GroupResource{Resource: label}) {
			hint = fmt.Sprintf(" The key is the label and resource the Kubernetes resource, so this may be meant the other way round: %s = { resource = %q }.", res.Resource, label)
		}
		v.found.fail(FieldResources, resourceAt, "Invalid resource",
			"resources.overrides[%q].resource = %q is not a valid name of a Kubernetes resource; %s.%s See kubectl api-resources for names.", label, res.Resource, stops, hint)
	case short && len(groups) == 0 && !strings.Contains(res.Group, "."):
		v.found.fail(FieldResources, resourceAt, "Short name of a resource",
			"resources.overrides[%q].resource = %q is a short name that only kubectl understands; %s. Write resource = %q.", label, res.Resource, stops, long)
	case strings.Contains(res.Group, "/") || (res.Group != "" && len(validation.IsDNS1123Subdomain(res.Group)) > 0):
		v.found.fail(FieldResources, groupAt, "Invalid group",
			"resources.overrides[%q].group = %q is not the name of an API group; %s. A group has no version: write group = \"apps\" and not \"apps/v1\".", label, res.Group, stops)
	case res.Group == retiredGroup:
		v.found.fail(FieldResources, groupAt, "Retired group",
			"resources.overrides[%q].group = %q is a group that no cluster has had since Kubernetes 1.22; %s. %s", label, res.Group, stops, inGroups(res.Resource, groups))
	case v.mapper.builtIn(res):
		return false
	case len(groups) > 0 && (v.mapper.knownGroup(res.Group) || !strings.Contains(res.Group, ".")):
		v.found.fail(FieldResources, groupAt, "Resource is not in the group",
			"resources.overrides[%q].group = %q does not have the resource %q; %s. %s", label, res.Group, res.Resource, stops, inGroups(res.Resource, groups))
	case res.Group != "" && !v.mapper.knownGroup(res.Group) && !strings.Contains(res.Group, "."):
		v.found.fail(FieldResources, groupAt, "Unknown group",
			"resources.overrides[%q].group = %q is not one of Kubernetes' own, and groups of add-ons have a dot, as in gateway.networking.k8s.io; %s. "+
				"See kubectl api-resources, or leave group out to let the adapter find it.", label, res.Group, stops)
	case res.Group == "" || (v.mapper.knownGroup(res.Group) && !strings.Contains(res.Group, ".")):
		v.found.warn(FieldResources, resourceAt, "Not a resource of Kubernetes itself",
			"resources.overrides[%q].resource = %q (group %q) is not part of Kubernetes. If the cluster does not define it either, "+
				"the adapter will not start; check the spelling with kubectl api-resources, and set group for a custom resource.", label, res.Resource, res.Group)
	default:
		return false
	}
	return true
}

func inGroups(resource string, groups []string) string {
	if len(groups) == 0 {
		return "See kubectl api-resources."
	}
	if groups[0] == "" {
		return fmt.Sprintf("%s belongs to the core group: leave group out.", resource)
	}
	return fmt.Sprintf("Write group = %q, or leave it out to let the adapter find it.", groups[0])
}

// groupInTemplate warns about a template that makes a label for pods and namespaces but does not recognise that label: their group
// has no name, and the adapter expects one in each label.
func (v *validator) groupInTemplate(text, label string) {
	conv, err := naming.NewResourceConverter(text, nil, v.mapper)
	if err != nil || v.mapsNamespace() { // with namespace mapped, the template is for resources whose group has a name
		return
	}
	found, _ := conv.ResourcesForSeries(prom.Series{Labels: model.LabelSet{model.LabelName(label): "x"}})
	for _, res := range found {
		if res.Group == "" && res.Resource == "pods" {
			return
		}
	}
	v.found.warn(FieldResources, []Step{Attr("template")}, "Template misses pods and namespaces",
		"resources.template %q makes the label %q for pods, because their group has no name, but does not recognise it: no metric would be listed for pods, services, namespaces and others of the core group. "+
			"Leave .Group out, as in kube_<<.Resource>>, or add overrides for them.", text, label)
}
