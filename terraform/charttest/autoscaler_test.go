// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"
)

// The tests of the module have mock providers, which know no schema of a chart:
// what it passes is rendered here, with a metric of each pod and with one of a
// Service.
func TestAutoscalersChartTakesEitherMetric(t *testing.T) {
	chart, err := loader.Load("../modules/autoscaler/chart")
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"", "web"} {
		values := map[string]any{"deployment": "shop", "metric": "orders_per_second", "targetAverageValue": "2500m", "minReplicas": 1, "maxReplicas": 5,
			"behavior": map[string]any{"scaleUp": map[string]any{"tolerance": "50m"}}}
		if service != "" {
			values["service"] = service
		}
		rendered, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: "shop-autoscaler", Namespace: "shop"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		files, err := engine.Render(chart, rendered)
		if err != nil {
			t.Fatal(err)
		}
		var hpa autoscalingv2.HorizontalPodAutoscaler
		if err := yaml.UnmarshalStrict([]byte(files["autoscaler/templates/hpa.yaml"]), &hpa); err != nil {
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
