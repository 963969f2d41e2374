// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// markdown shows the results as a table.
func markdown(r *results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s The autoscalers looked every %g s; %g minutes of load after the first one.\n\n", r.Machine, r.Sync, r.Minutes)
	b.WriteString("| Scrape, window, stabilization | Requests/s | Replicas needed | Changes (up, down) | Replicas (lowest to highest) | On average | Lost of requests |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, v := range r.Variants {
		for _, o := range r.Outcomes {
			if o.Variant == v.Name {
				fmt.Fprintf(&b, "| %d s, %d s, %d s | %d | %d | %d (%d, %d) | %d to %d | %.2f | %d of %d |\n", v.Settings.ScrapeInterval, v.Settings.RateWindow,
					v.Settings.ScaleDownStabilization, o.Rate, o.Needed, o.Ups+o.Downs, o.Ups, o.Downs, o.Lowest, o.Highest, o.Mean, o.Failed, o.Requests)
			}
		}
	}
	return b.String()
}
