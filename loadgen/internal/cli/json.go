// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"io"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
)

// schemaVersion grows when a field changes its meaning or goes away; new fields
// do not change it.
const schemaVersion = 1

type scheduleJSON struct {
	Profile          string  `json:"profile"`
	ArrivalRate      float64 `json:"arrival_rate_per_second"`
	DecayRate        float64 `json:"decay_rate_per_second"`
	DurationSeconds  float64 `json:"duration_seconds"`
	Seed             uint64  `json:"seed"`
	ExpectedRequests float64 `json:"expected_requests"`
}

func writeJSON(w io.Writer, opts options, result *engine.Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		SchemaVersion int            `json:"schema_version"`
		Schedule      scheduleJSON   `json:"schedule"`
		Result        *engine.Result `json:"result"`
	}{
		schemaVersion,
		scheduleJSON{
			Profile:          "decay",
			ArrivalRate:      opts.arrivalRate,
			DecayRate:        opts.decayRate,
			DurationSeconds:  opts.plan.Duration().Seconds(),
			Seed:             opts.plan.Seed(),
			ExpectedRequests: opts.plan.Expected(),
		},
		result,
	})
}
