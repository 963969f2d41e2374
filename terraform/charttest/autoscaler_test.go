// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"maps"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"
)

// autoscaler renders the chart for a version of Kubernetes. The module's own tests use mock
// providers, which do not check the schema of a chart.
func autoscaler(t *testing.T, version string, more map[string]any) (string, error) {
	t.Helper()
	chart, err := loader.Load("../modules/autoscaler/chart")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"deployment": "shop", "metric": "orders_per_second", "targetAverageValue": "2500m", "minReplicas": 1, "maxReplicas": 5}
	maps.Copy(values, more)
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion.Version = version
	rendered, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: "shop-autoscaler", Namespace: "shop"}, capabilities)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(chart, rendered)
	return files["autoscaler/templates/hpa.yaml"], err
}

// tolerates returns the behavior of an autoscaler with a tolerance in one direction.
func tolerates(scale, tolerance string) map[string]any {
	return map[string]any{scale: map[string]any{"tolerance": tolerance}}
}

func TestAutoscalersChartTakesEitherMetric(t *testing.T) {
	for _, service := range []string{"", "web"} {
		values := map[string]any{"behavior": tolerates("scaleUp", "50m")}
		if service != "" {
			values["service"] = service
		}
		text, err := autoscaler(t, "v1.37.2", values)
		if err != nil {
			t.Fatal(err)
		}
		var hpa autoscalingv2.HorizontalPodAutoscaler
		if err := yaml.UnmarshalStrict([]byte(text), &hpa); err != nil {
			t.Fatal(err)
		}
		metric := hpa.Spec.Metrics[0]
		if pods := metric.Pods; service == "" && (pods == nil || pods.Metric.Name != "orders_per_second" || pods.Target.AverageValue.MilliValue() != 2500) {
			t.Errorf("the metric of each pod is %+v", metric)
		}
		if object := metric.Object; service != "" && (object == nil || object.DescribedObject.Kind != "Service" || object.DescribedObject.Name != service || object.Target.AverageValue.MilliValue() != 2500) {
			t.Errorf("the metric of the Service is %+v", metric)
		}
		if up := hpa.Spec.Behavior.ScaleUp; up.Tolerance == nil || up.Tolerance.MilliValue() != 50 {
			t.Errorf("the behavior is %+v", up)
		}
	}
}

// Before 1.35 an API server drops tolerances, and Helm does not notice.
func TestAutoscalersChartRefusesATolerance(t *testing.T) {
	for _, c := range []struct {
		version string
		values  map[string]any
		want    string
	}{
		{"v1.34.2-gke.100", map[string]any{"behavior": tolerates("scaleDown", "200m")}, "scale_down_tolerance (200m): this cluster is Kubernetes v1.34.2-gke.100"},
		{"v1.34.2", map[string]any{"behavior": tolerates("scaleUp", "50m")}, "scale_up_tolerance (50m)"},
		{"v1.34.2", map[string]any{"behavior": map[string]any{"scaleUp": map[string]any{"selectPolicy": "Max"}}}, ""},
		{"v1.34.2", nil, ""},
		{"v1.35.0-eks-1", map[string]any{"behavior": tolerates("scaleDown", "200m")}, ""},
	} {
		if _, err := autoscaler(t, c.version, c.values); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("Kubernetes %s, %v: %v, want %q", c.version, c.values, err, c.want)
		}
	}
}
