// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// configuration returns a Terraform configuration with size resources. Each rule is about CPU time of the application's pods
// and makes a metric of its own.
func configuration(subject string, size int, namespace string) string {
	if subject == SubjectBaseline {
		return fmt.Sprintf("resource \"terraform_data\" \"bench\" {\n  count = %d\n  input = \"%s\"\n}\n", size, "bench-${count.index}")
	}
	place := ""
	if subject == SubjectRules {
		place = fmt.Sprintf("provider \"promadapter\" {\n  namespace  = %q\n  config_map = %q\n  deployment = \"\"\n}\n", namespace, configMap)
	}
	return tfdev.RequiredProviders + place + fmt.Sprintf(`
resource "promadapter_rule" "bench" {
  count        = %d
  name         = "bench-${count.index}"
  series_query = "process_cpu_seconds_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "bench_${count.index}" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
  wait          = %t
}
`, size, subject == SubjectAdapter)
}
