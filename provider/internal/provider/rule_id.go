// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// formatID returns the id of a rule, which terraform import takes.
func formatID(t cluster.Target, name string) string {
	if t.Key == defaultConfigKey {
		return strings.Join([]string{t.Namespace, t.ConfigMap, name}, "/")
	}
	return strings.Join([]string{t.Namespace, t.ConfigMap, t.Key, name}, "/")
}

// parseID reads an id, or a name alone; what it does not say is taken from standard.
func parseID(id string, standard cluster.Target) (t cluster.Target, name string, err error) {
	parts := strings.Split(id, "/")
	t, name = standard, parts[len(parts)-1]
	switch len(parts) {
	case 1:
	case 3:
		t.Namespace, t.ConfigMap = parts[0], parts[1]
	case 4:
		t.Namespace, t.ConfigMap, t.Key = parts[0], parts[1], parts[2]
	default:
		return t, "", fmt.Errorf("id %q has %d parts; use name, namespace/config_map/name or namespace/config_map/config_key/name", id, len(parts))
	}
	if t.Namespace == "" || t.ConfigMap == "" || t.Key == "" {
		return t, "", fmt.Errorf("id %q has an empty part; use name, namespace/config_map/name or namespace/config_map/config_key/name", id)
	}
	return t, name, rulefile.CheckName(name)
}
