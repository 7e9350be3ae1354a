# The only entry: `make help` lists what there is.
STACK ?= local
TO ?= control-plane
.DEFAULT_GOAL := help

stacks := $(patsubst Pulumi.%.yaml,%,$(wildcard Pulumi.*.yaml))
stack_file := Pulumi.$(STACK).yaml
ifeq ($(filter $(STACK),$(stacks)),)
$(error there is no $(stack_file): STACK is one of $(stacks))
endif

# The command plugin dials the SSH agent although it has a key, and fails every step when the agent is gone.
unexport SSH_AUTH_SOCK

# The stack's region decides who works on it: the sandbox, or pulumi alone for one on AWS. A stack on AWS without a key
# has never been up: the sandbox plans it from nothing, without an account.
tool := $(if $(shell grep '^ *aws:region: *"\?sandbox-1' $(stack_file)),sandbox,pulumi)
previewer := $(if $(shell grep '^ *hello-kubernetes:sshPrivateKey:' $(stack_file)),$(tool),sandbox)

sandbox := .sandbox/bin/sandbox
up_sandbox := $(sandbox) up --stack $(STACK) -- $(ARGS)
up_pulumi := pulumi up --stack $(STACK) $(ARGS)
down_sandbox := $(sandbox) down --stack $(STACK)
down_pulumi := pulumi destroy --stack $(STACK) $(ARGS)
preview_sandbox := $(sandbox) preview --stack $(STACK) -- $(ARGS)
preview_pulumi := pulumi preview --stack $(STACK) $(ARGS)

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'STACK is one of $(stacks); local is the default. up and preview pass ARGS on to pulumi.'

.PHONY: up
up: $(tool) ## bring the stack up, again after whatever stopped it; on the sandbox, show the app's answer
	@exec $(up_$(tool))

.PHONY: down
down: $(tool) ## destroy the stack and, on the sandbox, remove the region
	@exec $(down_$(tool))

.PHONY: preview
preview: $(previewer) ## show what up would do; without an account where a stack on AWS has no key yet
	@exec $(preview_$(previewer))

.PHONY: pr-preview
pr-preview: sandbox ## the plan in Markdown: from nothing and without an account, or of the running stack with RUNNING=yes
	@exec $(sandbox) pr-preview --stack $(STACK) $(if $(RUNNING),--running)

.PHONY: status
status: on-sandbox sandbox ## show the hosts and whether the app answers
	@exec $(sandbox) status --stack $(STACK)

.PHONY: ssh
ssh: on-sandbox sandbox ## log in to a host: make ssh TO=worker-0
	@exec $(sandbox) ssh --stack $(STACK) $(TO)

.PHONY: env
env: on-sandbox sandbox ## for eval "$(make -s env)": pulumi, kubectl and ssh for the stack
	@exec $(sandbox) env --stack $(STACK)

.PHONY: unit
unit: ## tests that need no network; as root, also those that make network namespaces and a host
	@test "$$(id -u)" = 0 || echo 'Without root, tests of packets and of a host are skipped; all of them: sudo make test' >&2
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

.PHONY: on-sandbox
on-sandbox:
	@test $(tool) = sandbox || { echo 'error: $(STACK) is not on the sandbox: see "On AWS" in README.md' >&2; exit 1; }

.PHONY: pulumi
pulumi:
	@command -v pulumi >/dev/null || { echo 'error: there is no pulumi: install it, https://www.pulumi.com/docs/install' >&2; exit 1; }
