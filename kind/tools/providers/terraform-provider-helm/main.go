// SPDX-License-Identifier: Apache-2.0

// Command terraform-provider-helm serves the helm provider: it pairs the published
// provider package with dependencies that a current Go toolchain can compile.
package main

import (
	"github.com/hashicorp/terraform-plugin-sdk/plugin"
	"github.com/hashicorp/terraform-provider-helm/helm"
)

func main() {
	plugin.Serve(&plugin.ServeOpts{ProviderFunc: helm.Provider})
}
