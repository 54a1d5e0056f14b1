SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
PACKAGES := producer enricher sinks schemas runtime cli

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench soak stack splunk helm-e2e lock clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

demo: $(VENV)/.runtime ## the whole path on this machine, Python alone: a made-up IBM i, judged, in demo-output/
	@$(BIN)/sk2siem demo

test: $(VENV)/.dev ## every test, with real Kafka, Elasticsearch and ODBC (installs what it needs)
	@$(BIN)/python -m dev.stack install
	@$(BIN)/python -m dev.chart install
	@$(BIN)/python -m dev.content install
	@$(BIN)/python -m dev.chromium install
	@$(BIN)/python -m pytest -m "not soak and not cluster" -n $(JOBS) --dist loadfile

check: $(VENV)/.dev ## format, lint, types, layers, fresh docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(PACKAGES) dev bench tests
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q tests/test_docs.py tests/test_architecture.py

format: $(VENV)/.dev ## put the code into its format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev ## entries a second, CPU, memory and the share of the ceiling, of every service
	@$(BIN)/python -m dev.stack install
	@$(BIN)/python -m bench

soak: $(VENV)/.dev ## the long proofs: about an hour and a half, 12 GB of disk meanwhile
	@$(BIN)/python -m dev.stack install
	@$(BIN)/python -m pytest -m soak --timeout 3600

stack: $(VENV)/.dev ## start Kafka, Elasticsearch, rsyslog, the IBM i double and the HEC double
	@$(BIN)/python -m dev.stack start

splunk: $(VENV)/.dev ## pack the Splunk app into dist/
	@$(BIN)/python -m dev.content package

helm-e2e: $(VENV)/.dev ## the chart installed, upgraded and rolled back on a real Kubernetes: builds it, ten minutes the first time
	@$(BIN)/python -m pytest tests/helm/test_cluster.py -m cluster --timeout 3600

lock: $(VENV)/.dev ## resolve the dependencies anew into requirements*.lock
	@$(BIN)/pip-compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --upgrade -o requirements.lock pyproject.toml
	@$(BIN)/pip-compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## remove everything that was made here, but for the sources
	@rm -rf $(VENV) .stack build dist demo-output .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3.11 make …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "the venv module is missing: apt-get install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the product needs into $(VENV) …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "installing what the tests need into $(VENV) …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
