# The only entry: `make help` lists what there is.
STACK ?= local
NODE ?= control-plane
.DEFAULT_GOAL := help
sandbox := .sandbox/bin/sandbox

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'All take STACK=local (the default), local-private, dev, prod: Pulumi.STACK.yaml. up and preview pass ARGS on to pulumi.'

.PHONY: up
up: sandbox ## bring the stack up and show the app's answer; again after whatever stopped it
	@exec $(sandbox) up --stack $(STACK) -- $(ARGS)

.PHONY: down
down: sandbox ## destroy the stack and remove the sandbox region
	@exec $(sandbox) down --stack $(STACK)

.PHONY: preview
preview: sandbox ## show what up would do; for stacks on AWS from nothing and without credentials
	@exec $(sandbox) preview --stack $(STACK) -- $(ARGS)

.PHONY: pr-preview
pr-preview: sandbox ## the preview in Markdown for a pull request, from nothing or of PLAN=plan.json
	@exec $(sandbox) pr-preview --stack $(STACK) $(PLAN)

.PHONY: graph
graph: sandbox ## draw docs/architecture.svg from dev's preview, and record that for the tests
	@exec $(sandbox) graph --stack dev
	cd sandbox && go test ./summary -update

.PHONY: status
status: sandbox ## show the nodes and whether the app answers
	@exec $(sandbox) status --stack $(STACK)

.PHONY: ssh
ssh: sandbox ## log in to a node: make ssh NODE=worker-0
	@exec $(sandbox) ssh --stack $(STACK) $(NODE)

.PHONY: env
env: sandbox ## for eval "$(make -s env)": pulumi, kubectl and ssh for the stack
	@exec $(sandbox) env --stack $(STACK)

.PHONY: unit
unit: ## tests that need no network; as root, also those that make network namespaces and a machine
	@test "$$(id -u)" = 0 || echo 'Skipped without root: packets between namespaces, the boot of a machine. All tests: sudo make test' >&2
	go vet ./... && go test ./...
	cd sandbox && go vet ./... && go test ./...
	cd tests/e2e && go vet ./...

.PHONY: lint
lint: ## check code, scripts, workflows, modules and the documents' tables
	@tests/tools/lint

.PHONY: fmt
fmt: ## format the Go code, and write the documents' tables anew
	@tests/tools/lint fmt
	@go test -count=1 -run '^TestDocs' ./tests/program -update

.PHONY: e2e
e2e: ## scenarios on the sandbox; takes the place of its region
	cd tests/e2e && go test -count=1 -v -timeout 85m .

.PHONY: prepare
prepare: sandbox ## install and build ahead what up, lint and the tests need, as root
	@$(sandbox) prepare

.PHONY: test
test: prepare ## all tests, as root
	@$(MAKE) unit e2e

.PHONY: sandbox
sandbox:
	@mkdir -p .sandbox/bin
	@test -x $(sandbox) || echo 'Building the sandbox (about 4 min the first time)' >&2
	@cd sandbox && go build -o ../$(sandbox) .
