# The reference environment for autoscaling on request rate.
#
# Settings: CLUSTER, CHARTS, SOURCE, ENGINE, KUBERNETES, NODES, NODE_FAILURE, HTTP_PORT, PROMETHEUS_PORT, REGISTRY_MIRROR, REGISTRY_CA (see docs/settings.md).

# make 3.81, which macOS ships, has no .SHELLFLAGS.
SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export CLUSTER CHARTS SOURCE ENGINE KUBERNETES NODES NODE_FAILURE HTTP_PORT PROMETHEUS_PORT REGISTRY_MIRROR REGISTRY_CA CHROMIUM

KIND := go run ./kind
# make lint vets every package. go test would vet each dependency as well, once more for -race.
# Fewer garbage collections save a fifth of the compiler's time.
GOTEST := GOGC=400 go test -vet=off
# make lint and make unit compile all packages, and both like this, so that the second finds them
# compiled. Without debug information that takes a tenth less.
RACE := -race -gcflags=all=-dwarf=false

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Environment

.PHONY: up
up: ## Bring everything up: cluster, images, Terraform apply, URLs
	@$(KIND) up

.PHONY: down
down: ## Delete the cluster, its state and its logs; caches stay
	@$(KIND) down

.PHONY: env
env: ## Print the exports for terraform, kubectl and go test
	@$(KIND) env

.PHONY: why
why: ## Say why the autoscaler does or does not scale: which link of its chain is missing
	@env="$$($(KIND) env)"; eval "$$env"; go run ./provider/why --namespace app heavywork

.PHONY: clean-cache
clean-cache: ## Delete all build results
	@$(KIND) clean-cache

##@ Tests

# The cheapest come first. A failure does not stop the others.
.PHONY: test
test: ## Run the tests that CI runs, including the end-to-end suites, and list what failed
	@MAKE="$(MAKE_COMMAND)" test/steps/run.sh lint vulncheck unit browser-test terraform-test acceptance e2e

.PHONY: test-all
test-all: ## Run every test, including those that make test leaves out because they take long
	@MAKE="$(MAKE_COMMAND)" test/steps/run.sh lint vulncheck unit browser-test terraform-test acceptance e2e e2e-prometheus-adapter test-nodes test-wake registry-test

# shellcheck reads the scripts, these recipes (as make would run them) and, through
# actionlint, the steps of the workflow. test/documents/habits has one pattern per line. The
# folders left out are part of the cache keys of long builds.
.PHONY: lint
lint: ## Check formatting, Go code, shell scripts, the workflow and the wording
	@files="$$(gofmt -l activator adapter app bench internal kind loadgen provider release terraform test)"; if [ -n "$$files" ]; then echo "run gofmt -w on:"; echo "$$files"; exit 1; fi
	@GOGC=400 go vet $(RACE) ./...
	@staticcheck="$$(go tool -n staticcheck)"; GOFLAGS="$$(go env GOFLAGS) $(RACE)" "$$staticcheck" ./... # itself without the race detector
	@cd bench/loadgen/rivals && go vet ./...
	@go -C release/goreleaser run . "$$PWD"/provider/.goreleaser.yml
	@test/steps/program.sh shellcheck shellcheck > /dev/null
	@find activator adapter app bench internal kind loadgen provider release terraform test .ci/run \( -name '*.sh' -o -name run \) -type f -exec shellcheck --shell=bash {} +
	@sed -n 's/^\.PHONY: //p' Makefile | while read -r target; do $(MAKE_COMMAND) -n "$$target"; done | shellcheck --shell=bash -
	@go -C test/checks tool actionlint "$$PWD"/.github/workflows/*.yml
	@if git grep -nIE -f test/documents/habits -- '*.md' '*.go' '*.tf' '*.hcl' '*.sh' '*.tmpl' '*.tpl' '*.yaml' '*.yml' Makefile ':!kind/internal/supply' ':!kind/internal/artefact' ':!kind/images/routes'; then echo "reword these lines: they match test/documents/habits"; exit 1; fi

# If the vulnerability database cannot be reached, this says so and passes.
# GOVULNDB names another database; with VULNCHECK=required this fails without one.
.PHONY: vulncheck
vulncheck: ## Check the code that is called for known vulnerabilities
	@go run ./test/vulncheck ./...

# The provider's tests run a real terraform, which the environment's tools
# include where the machine has none. On a busy machine they take longer than the
# ten minutes that go test allows by default.
.PHONY: unit
unit: tools ## Run the unit tests with the race detector
	@PROMTOOL="$$(GOFLAGS="$$(go env GOFLAGS) -tags=remove_all_sd $(RACE)" go -C test/tools tool -n promtool)"; export PROMTOOL; \
	eval "$$($(KIND) env)"; $(GOTEST) $(RACE) -short -timeout 40m ./activator/... ./adapter/... ./app/... ./bench/... ./internal/... ./kind/... ./loadgen/... ./provider/... ./release/... ./terraform/... ./test/...

.PHONY: terraform-test
terraform-test: tools ## Check format and rules of the Terraform modules
	@eval "$$($(KIND) env)"; terraform/test.sh

.PHONY: e2e
e2e: ## Run the end-to-end suites on the cluster, bringing it up if needed
	@$(GOTEST) ./test -count=1 -timeout 75m -v

# CHROMIUM names the browser to use in place of the one found or installed.
.PHONY: browser-test
browser-test: ## Check the HTML reports in a real browser
	@browser="$${CHROMIUM:-$$(test/steps/program.sh chromium chromium chromium-browser google-chrome)}" || { echo "or name one with CHROMIUM=/path/to/it"; exit 1; }; \
	CHROMIUM="$$browser" $(GOTEST) -count=1 ./loadgen/report

.PHONY: acceptance
acceptance: up ## Run the provider's acceptance tests on the cluster, bringing it up if needed
	@eval "$$($(KIND) env)"; TF_ACC=1 $(GOTEST) ./provider/acceptance -count=1 -timeout 20m -v

# Not part of make test: these are the same suites again.
.PHONY: e2e-prometheus-adapter
e2e-prometheus-adapter: ## Run the end-to-end suites on prometheus-adapter in place of this project's adapter
	@TF_VAR_adapter_program=prometheus-adapter $(MAKE_COMMAND) e2e

# Not part of make test: it creates a cluster of its own, which stays if a test fails.
.PHONY: test-nodes
test-nodes: ## Break nodes of a three-node cluster that runs two of everything
	@export CLUSTER="$${CLUSTER:-hpa}-nodes" NODES=3 HTTP_PORT="$${HTTP_PORT:-8180}" PROMETHEUS_PORT="$${PROMETHEUS_PORT:-9190}" TF_VAR_ha=true; \
	$(GOTEST) ./test/nodes -count=1 -timeout 150m -v && $(KIND) down

# Not part of make test: 200 cold starts take long.
.PHONY: test-wake
test-wake: ## Wake workloads from zero 200 times, and break what wakes them
	@$(GOTEST) ./test/wake -count=1 -timeout 75m -v

# Not part of make test: it needs root on Debian and the results of a build from
# source. PROVIDERS names other helm and kubernetes providers to serve.
.PHONY: registry-test
registry-test: ## Bring everything up from registries, by name and through a mirror, on an isolated Docker
	@test/registry/run.sh

# This brings up the cluster even where only its tools are needed: both come from
# the same builds.
.PHONY: tools
tools:
	@$(KIND) up --no-apply

##@ Release

# PLATFORMS limits it to some, such as linux_amd64,darwin_arm64.
.PHONY: provider-mirror
provider-mirror: ## Compile the provider for all platforms into provider-mirror/, which Terraform installs from over any web server
	@go run ./provider/mirror -version "$$($(MAKE_COMMAND) -s version)" -platforms "$${PLATFORMS:-}" -output provider-mirror

.PHONY: version
version: ## Print the release version
	@sed -n 's/.*"promadapter_version": "\(.*\)".*/\1/p' kind/pins.json

# Only the workflow has what this needs: GITHUB_TOKEN, syft, and the key that GPG_FINGERPRINT names.
.PHONY: provider-release
provider-release:
	@go run "github.com/goreleaser/goreleaser/v2@$$(go -C release/goreleaser list -m -f '{{.Version}}' github.com/goreleaser/goreleaser/v2)" release --clean --config provider/.goreleaser.yml

##@ Documentation

.PHONY: provider-docs
provider-docs: tools ## Generate the provider's documentation from schemas, templates and examples
	@eval "$$($(KIND) env)"; go run ./provider/internal/docs

.PHONY: terraform-docs
terraform-docs: ## Generate the tables of inputs and outputs in the Terraform READMEs
	@terraform/docs.sh

##@ Demonstration and benchmarks

# The second load must not start on replicas of the first, so each load waits for one replica.
.PHONY: demo
demo: up ## Run both loads for 500 s each, then bursts that wake from zero, and write reports to demo/
	@mkdir -p demo
	@eval "$$($(KIND) env)"; \
	run() { \
		echo "== $$1 requests per second, decaying at $$2, for 500 s"; \
		kubectl --namespace app wait hpa/heavywork --for=jsonpath='{.status.currentReplicas}'=1 --timeout=5m > /dev/null; \
		loadgen run --arrival-rate "$$1" --decay-rate "$$2" --duration 500 --seed 1 --cluster on --tolerate-errors \
			--out "demo/$$3.json" --report "demo/$$3.html" localhost "$$HTTP_PORT" heavywork; \
	}; \
	run 20 0.02 moderate; \
	run 80 0.001 heavy; \
	TF_VAR_scale_to_zero=true TF_VAR_idle_seconds=60 $(KIND) up; \
	echo "== bursts of 40 requests per second, with pauses of 2 minutes"; \
	loadgen run --profile step:rates=40/0/40/0/40,every=120 --seed 1 --timeout 60 --cluster on --tolerate-errors \
		--out demo/zero.json --report demo/zero.html localhost "$$HTTP_PORT" heavywork; \
	$(KIND) up; \
	loadgen compare demo/moderate.json demo/heavy.json -o demo/comparison.html; \
	echo "look at demo/moderate.html, demo/heavy.html, demo/zero.html and demo/comparison.html"

.PHONY: bench-loadgen
bench-loadgen: ## Compare loadgen with vegeta, wrk and hey (8 to 12 minutes on a quiet machine)
	@go run ./bench/loadgen -json docs/benchmarks/loadgen.json -markdown docs/benchmarks/loadgen.md

.PHONY: bench-reaction
bench-reaction: up ## Measure the time from a load step to the first request of a new pod, by stage (20 minutes on a quiet machine)
	@eval "$$($(KIND) env)"; go run ./bench/reaction -json docs/benchmarks/reaction.json -markdown docs/benchmarks/reaction.md -svg docs/benchmarks/reaction.svg

.PHONY: bench-flapping
bench-flapping: up ## Count replica changes over 15 minutes of steady load
	@eval "$$($(KIND) env)"; go run ./bench/flapping -json docs/benchmarks/flapping.json -markdown docs/benchmarks/flapping.md

# The environment scales to zero meanwhile, and is restored afterwards. PEER names
# another activator to measure in the same run: see docs/benchmarks/wake.md.
.PHONY: bench-wake
bench-wake: up ## Compare the first answer from zero replicas with the start of a bare pod, by stage (20 minutes)
	@eval "$$($(KIND) env)"; go run ./bench/wake $${PEER:+-peer "$$PEER"} -json docs/benchmarks/wake.json -markdown docs/benchmarks/wake.md

.PHONY: bench-provider
bench-provider: up ## Measure plan and apply for 1 to 1,000 rules
	@eval "$$($(KIND) env)"; go run ./bench/provider -markdown docs/benchmarks/provider.md -json docs/benchmarks/provider.json

.PHONY: bench-faults
bench-faults: up ## Run the fault tests and write what they measured to docs/benchmarks (20 minutes)
	@$(GOTEST) ./test -count=1 -timeout 60m -v -run '^TestFault'
	@eval "$$($(KIND) env)"; go run ./bench/faults -records "$${XDG_STATE_HOME:-$$HOME/.local/state}/nginx-prometheus-hpa/.logs/$${CLUSTER}/faults" -json docs/benchmarks/faults.json -markdown docs/benchmarks/faults.md

.PHONY: bench-nodes
bench-nodes: ## Run the tests on three nodes and write what they measured to docs/benchmarks (20 minutes)
	@export CLUSTER="$${CLUSTER:-hpa}-nodes" NODES=3 HTTP_PORT="$${HTTP_PORT:-8180}" PROMETHEUS_PORT="$${PROMETHEUS_PORT:-9190}" TF_VAR_ha=true; \
	$(GOTEST) ./test/nodes -count=1 -timeout 150m -v; \
	go run ./bench/faults nodes -records "$${XDG_STATE_HOME:-$$HOME/.local/state}/nginx-prometheus-hpa/.logs/$$CLUSTER/faults" -json docs/benchmarks/nodes.json -markdown docs/benchmarks/nodes.md; \
	$(KIND) down

# kwok has dependencies of its own and is compiled in the first run. What this
# creates in the cluster is removed again.
.PHONY: bench-scale
bench-scale: up ## Measure the metric path with both adapters for 1 to 5,000 pods (35 minutes)
	@go run ./bench/scale -json docs/benchmarks/scale.json -markdown docs/benchmarks/scale.md -svg docs/benchmarks/scale.svg
