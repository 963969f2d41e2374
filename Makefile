# The reference environment for autoscaling on request rate.
#
# Settings: CLUSTER, SOURCE, ENGINE, HTTP_PORT, PROMETHEUS_PORT (see README.md).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export CLUSTER SOURCE ENGINE HTTP_PORT PROMETHEUS_PORT

KIND := go run ./kind
STATICCHECK := go tool staticcheck

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Environment

.PHONY: up
up: ## Bring everything up: cluster, images, Terraform apply, URLs
	@$(KIND) up

.PHONY: down
down: ## Delete the cluster and what belongs to it; caches stay
	@$(KIND) down

.PHONY: env
env: ## Print the exports for terraform, kubectl and go test
	@$(KIND) env

.PHONY: clean-cache
clean-cache: ## Delete all build results
	@$(KIND) clean-cache

##@ Tests

.PHONY: test
test: lint unit terraform-test e2e ## Run every test, the end-to-end suites included

.PHONY: lint
lint: ## Check formatting, vet and staticcheck
	@echo "== lint"
	@files="$$(gofmt -l app kind loadgen provider test)"; if [ -n "$$files" ]; then echo "run gofmt -w on:"; echo "$$files"; exit 1; fi
	@go vet ./...
	@$(STATICCHECK) ./...

# The provider's tests drive a real terraform, which the tools of the
# environment bring along where the machine has none.
.PHONY: unit
unit: tools ## Run the unit tests with the race detector
	@echo "== unit tests"
	@eval "$$($(KIND) env)"; go test -short -race ./app/... ./kind/... ./loadgen/... ./provider/... ./test/...

.PHONY: terraform-test
terraform-test: tools ## Check format and rules of the Terraform modules
	@echo "== terraform modules"
	@eval "$$($(KIND) env)"; terraform/test.sh

.PHONY: e2e
e2e: ## Run the end-to-end suites on the cluster, bringing it up if needed
	@echo "== end-to-end tests"
	@go test ./test -count=1 -timeout 75m -v

# The cluster has to be there before anything that only wants its tools: what
# is built for the one serves the other.
.PHONY: tools
tools:
	@$(KIND) up --no-apply
