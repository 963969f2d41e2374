// SPDX-License-Identifier: Apache-2.0

// Command registry replaces the Internet in make registry-test: "fill" fills a folder
// with what a pulled environment is downloaded from, and "serve" serves it on
// loopback. run.sh and inside.sh call it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/registry/internal/goods"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/registry/internal/site"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatalf("registry: %v", err)
	}
}

func run(args []string) error {
	if len(args) == 0 || (args[0] != "fill" && args[0] != "serve") {
		return errors.New("usage: registry fill|serve FLAGS; see -help of each")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	dir := flags.String("goods", "", "folder with what is served")
	if args[0] == "serve" {
		address := flags.String("address", "127.0.0.1:443", "where to listen")
		certificate := flags.String("certificate", "", "file of the certificate; its key is in the file of the same name plus .key")
		login := flags.String("mirror", "", "serve only as "+site.Mirror+", to this user:password")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		handler, err := site.New(*dir, *login)
		if err != nil {
			return err
		}
		return http.ListenAndServeTLS(*address, *certificate, *certificate+".key", handler)
	}
	source := goods.Source{Providers: map[string]string{}}
	flags.StringVar(&source.Dir, "from", "", "folder with node.tar, node.json, pods.tar and the programs")
	flags.StringVar(&source.Node, "node", "", "reference of the node image")
	flags.StringVar(&source.Kind, "kind", "", "version of kind")
	flags.StringVar(&source.Kubectl, "kubectl", "", "version of kubectl")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	for _, arg := range flags.Args() {
		name, version, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("provider %q: use name=version", arg)
		}
		source.Providers[name] = version
	}
	return goods.Fill(*dir, source)
}
