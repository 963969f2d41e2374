// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
)

// dataSource is what the data sources have in common.
type dataSource struct {
	data *providerData
}

// Configure stores the provider's data.
func (d *dataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = dataOf(req.ProviderData, &resp.Diagnostics)
}

// dataOf returns the provider's data, or nil while Terraform validates.
func dataOf(configured any, diags *diag.Diagnostics) *providerData {
	data, ok := configured.(*providerData)
	if !ok && configured != nil {
		diags.AddError("Unexpected provider data", fmt.Sprintf("Got %T; this is a bug of the provider.", configured))
	}
	return data
}

// client returns access to the cluster, or nil and a diagnostic.
func (d *dataSource) client(diags *diag.Diagnostics) *cluster.Client {
	if d.data == nil {
		diags.AddError("Provider is not configured", "A data source needs a provider block.")
		return nil
	}
	client, err := d.data.connect()
	if errors.Is(err, errUnknownCluster) {
		diags.AddError("No access to the cluster", "A data source is read while Terraform plans, but "+err.Error()+". Add a depends_on on what they wait for, so that it is read during apply.")
		return nil
	}
	if err != nil {
		diags.AddError("No access to the cluster", sentence(err))
		return nil
	}
	return client
}
