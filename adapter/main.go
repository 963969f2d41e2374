// SPDX-License-Identifier: Apache-2.0

// Command adapter serves values from Prometheus as metrics for autoscalers. It
// accepts the configuration and the flags of prometheus-adapter.
package main

import (
	"fmt"
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/logs"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/program"
)

func main() {
	logs.InitLogs()
	err := program.Run(genericapiserver.SetupSignalContext(), os.Args[1:])
	logs.FlushLogs()
	if err != nil {
		fmt.Fprintln(os.Stderr, "adapter:", err)
		os.Exit(1)
	}
}
