// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"path/filepath"
	"runtime"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
)

// Product is one thing that an environment needs at hand. Whoever makes, links,
// loads or names products goes over the list of them, so that a further one is
// a further entry there.
type Product struct {
	artefact.Spec
	For      Purpose
	Links    map[string]string // file of the artefact by the name that it has on PATH
	Archive  string            // file of the artefact that is an image's archive, to be loaded into the node
	Ref      string            // reference of that image
	Variable string            // variable of the root configuration that takes the reference; empty for those of pins.json
}

// Purpose says which step of up a product is for.
type Purpose int

// The purposes, in the order of the steps.
const (
	ForCluster   Purpose = iota // programs that make a cluster, and images that are pulled
	ForTerraform                // the program, its providers, and charts
	FromClone                   // programs and images of this clone
)

// Names of products that are asked for by name.
const (
	Mirror = "mirror" // of Terraform providers
	Charts = "charts"
)

// Products are all products of an environment, in the order in which they are
// made.
type Products []Product

// Choice is what the products depend on.
type Choice struct {
	Build     bool   // from source, not from registries
	Bundled   bool   // the charts of this project, whose images are known
	Terraform string // the program that does Terraform's work; empty where none is installed
}

// Products returns what an environment is made of, but for the node image.
func (s *Supply) Products(ctx context.Context, c Choice) (Products, error) {
	tools, err := s.Tools(c.Build)
	if err != nil {
		return nil, err
	}
	products := Products{tools}
	if !c.Build && c.Bundled { // the charts of others name images of their own, which the node pulls
		products = append(products, s.PulledImages()...)
	}
	terraform := c.Terraform
	if terraform == "" {
		// It does Terraform's work on a machine that has no Terraform.
		tofu, err := s.compiled("opentofu", "github.com/opentofu/opentofu/cmd/tofu")
		if err != nil {
			return nil, err
		}
		products = append(products, Product{Spec: tofu, For: ForTerraform, Links: map[string]string{"terraform": "tofu", "tofu": "tofu"}})
		terraform = filepath.Join(s.Store.Path(tofu), "tofu")
	}
	mirror, err := s.mirror(ctx, c.Build, terraform)
	if err != nil {
		return nil, err
	}
	loadgen, err := s.projectProgram(ctx, "loadgen", "./loadgen", runtime.GOOS)
	if err != nil {
		return nil, err
	}
	products = append(products,
		Product{Spec: mirror, For: ForTerraform},
		Product{Spec: s.charts(), For: ForTerraform},
		Product{Spec: loadgen, For: FromClone, Links: map[string]string{"loadgen": "loadgen"}},
	)
	for _, image := range projectImages {
		product, err := s.projectImage(ctx, image)
		if err != nil {
			return nil, err
		}
		products = append(products, product)
	}
	return products, nil
}

// Tools are kind and kubectl.
func (s *Supply) Tools(build bool) (p Product, err error) {
	p = Product{For: ForCluster, Links: map[string]string{"kind": "kind", "kubectl": "kubectl"}}
	if build {
		p.Spec, err = s.programs()
	} else {
		p.Spec, err = s.pulledTools()
	}
	return p, err
}

// Of returns the products of one purpose.
func (p Products) Of(purpose Purpose) (products Products) {
	for _, product := range p {
		if product.For == purpose {
			products = append(products, product)
		}
	}
	return products
}

// ArchivePath returns where the archive of an image is, once its artefact is there.
func (s *Supply) ArchivePath(p Product) string {
	return filepath.Join(s.Store.Path(p.Spec), p.Archive)
}

// PathOf returns the folder of the product with a name.
func (s *Supply) PathOf(products Products, name string) string {
	for _, product := range products {
		if product.Name == name {
			return s.Store.Path(product.Spec)
		}
	}
	return ""
}
