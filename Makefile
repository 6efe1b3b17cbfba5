# Everything the project does, by name. A checkout may lie in a path with spaces: every path here is relative, and
# Python's tools are started as modules, since the first line of an installed script breaks there or after a move.

PYTHON ?= python3
VENV   := .venv/bin/python
STAMP  := .venv/requirements-installed

export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup fmt clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-zA-Z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Install what the other commands need into this checkout; a second run is instant
	@go mod download

# --no-deps: requirements.txt is complete, and pip's hash mode stumbles over the extras inside its packages.
$(STAMP): requirements.txt
	@echo "Installing the Python tools into .venv ..."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(VENV) -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes -r requirements.txt
	@$(VENV) -m pip check
	@touch $(STAMP)

fmt: ## Format the Go code
	@git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 -r gofmt -w

clean: ## Remove everything built or installed here
	rm -rf .venv .aws-sam build
