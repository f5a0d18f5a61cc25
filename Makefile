# Everything that is done to this project, from a fresh machine on. Needs make and Python 3.11 or later.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
UV := 0.13.9
PYTHON ?= python3.14 python3.13 python3.12 python3.11 python3 python
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location
# Tools of others that must be able to read the document; without npm, their tests say that they were skipped.
NODE_TOOLS := $(if $(shell command -v npm 2>/dev/null),tests/node/node_modules/.package-lock.json)

.DEFAULT_GOAL := help
.PHONY: help mock reference test prove bench browser lint format bundle contract-diff docs lock clean

help: ## List what can be made
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

mock: $(VENV)/run.stamp ## Start the mock server; options in ARGS, as in: make mock ARGS="--port 9000"
	@exec $(BIN)/stablemint mock $(ARGS)

reference: $(VENV)/run.stamp ## Start the reference implementation with demo partners; options in ARGS as well
	@exec $(BIN)/stablemint reference $(ARGS)

test: lint $(NODE_TOOLS) ## Decide whether everything is correct: linters, types, bundle, tests
	$(BIN)/python -m openapi.bundle --check
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

prove: $(VENV)/dev.stamp ## Run the long proofs, with a dated report in reports/; PROVE_SEED=7 PROVE_SHARE=1/10 for a part
	$(BIN)/python -m pytest --prove $(ARGS)

bench: $(VENV)/dev.stamp ## Measure mock server, reference implementation and contract tests (needs wrk); ARGS=mock for one
	@$(BIN)/python -m benchmarks $(ARGS)

browser: ## Install a browser for the browser tests (Debian's Chromium; needs root), or say how
	@command -v chromium || command -v google-chrome || \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || \
		{ echo "Install Chromium by your system's means, or name a browser in STABLEMINT_BROWSER." >&2; exit 1; }

lint: $(VENV)/dev.stamp ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## Put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bundle: $(VENV)/run.stamp ## Write openapi/dist/ anew from the sources of the document
	$(BIN)/python -m openapi.bundle

contract-diff: $(VENV)/run.stamp $(NODE_TOOLS) ## Say what changed in the contract since its latest release, and what breaks callers
	@$(BIN)/python -m openapi.bundle --check
	@$(BIN)/python -m openapi.contract_diff --redocly tests/node/node_modules/.bin/redocly

docs: $(VENV)/dev.stamp ## Build the documentation into mockserver/site/, where the mock server and the wheel have it
	$(BIN)/python -m docs

lock: $(VENV)/uv.stamp ## Choose the newest dependencies within pyproject.toml's bounds and write requirements/
	$(BIN)/uv pip compile pyproject.toml --group build --upgrade $(LOCK) --output-file requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --group build --group dev --extra verify --upgrade $(LOCK) \
		--constraints requirements/run.txt --output-file requirements/dev.txt

# One lock for every platform and Python from 3.11 on; hashes, so that nothing else can be installed under a name.
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" --quiet

clean: ## Remove what was installed, built and cached; .stablemint/ and reports/ stay
	rm -rf $(VENV) tests/node/node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json
	@echo "Installing the Node tools of the tests, from $< …"
	@npm ci --prefix tests/node --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The stamps: what is installed already is not looked at again, so that a second start costs nothing.
$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the project needs to run, from requirements/run.txt …"
	@$(INSTALL) --requirement requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what the project is tested with, from requirements/dev.txt …"
	@$(INSTALL) --requirement requirements/dev.txt
	@touch $@

$(VENV)/uv.stamp: | $(BIN)/python
	@$(INSTALL) uv==$(UV)
	@touch $@

$(BIN)/python:
	@for python in $(PYTHON); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$($$python --version) …"; \
			$$python -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; \
			exit 0; \
		fi; \
	done; \
	echo "No Python 3.11 or later with its venv module among: $(PYTHON)." >&2; \
	echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name one: make PYTHON=/path/to/python3" >&2; \
	exit 1
