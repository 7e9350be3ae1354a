# The only entry: `make help` lists what there is.
STACK ?= local
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: unit
unit: ## tests that need no root and no network
	go vet ./... && go test ./...
	cd tests && go vet ./... && go test ./...

.PHONY: test
test: unit ## all tests
