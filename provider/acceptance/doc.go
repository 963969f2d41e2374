// SPDX-License-Identifier: Apache-2.0

// Package acceptance holds the acceptance tests of the provider: they run Terraform against a real API server with a real
// prometheus-adapter and Prometheus, those of this project's environment. They run when TF_ACC is set, as is usual for Terraform
// providers; make acceptance sets it.
//
// The tests need an application with Go's usual process metrics in the namespace app. Rules that they create begin with acc- and are
// removed again; everything else in the adapter's config map must be the same afterwards, byte for byte. Config maps that no adapter
// reads are in a namespace of their own.
package acceptance
