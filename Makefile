# Everything CI and people run. Each target does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test lint format bench fuzz binary docs repo interop lock conformance clean

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(READY)

$(READY): packaging/requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pxhelm needs Python 3.11 or newer"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check install -q --require-hashes -r packaging/requirements-dev.txt
	@$(BIN)/python -m pip --disable-pip-version-check install -q --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## the main job, on the embedded simulator
	@PXHELM="$${PXHELM:-$(BIN)/pxhelm}" $(BIN)/python packaging/demo.py

test: $(READY) ## every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(READY) ## ruff, mypy, import contracts, size budget
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/architecture

format: $(READY)
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(READY) ## ratios against real helm, side by side
	@$(BIN)/python packaging/bench.py

conformance: $(READY) ## recorded cases of real Helm and real Proxmox
	@$(BIN)/python -m tests.conformance $(wildcard ../shared/conformance/*.jsonl.gz); cases=$$?; \
	$(BIN)/python -m tests.replay $(wildcard ../shared/facts/pve-*-stories.jsonl.gz) && exit $$cases

FUZZ_SECONDS ?= 1800

fuzz: $(READY) ## generated templates, values and flags against real helm, for FUZZ_SECONDS
	@$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

binary: $(READY) ## dist/pxhelm
	@$(BIN)/python packaging/build.py

docs: $(READY) ## generated pages
	@$(BIN)/python packaging/docs.py

repo: $(READY) ## repo-index/, a chart repository out of chart-templates/
	@$(BIN)/python packaging/repository.py

interop: $(READY) ## beside real helm and a real registry, which go installs
	@$(BIN)/python packaging/interop.py

lock: ## renew packaging/requirements*.txt
	@test -x $(BIN)/pip-compile || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install -q pip-tools; }
	@$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --strip-extras --no-header --no-annotate -o packaging/requirements.txt pyproject.toml
	@$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --strip-extras --no-header --no-annotate --extra dev -c packaging/requirements.txt -o packaging/requirements-dev.txt pyproject.toml
	@$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --strip-extras --no-header --no-annotate -c packaging/requirements-dev.txt -o packaging/requirements-build.txt pyproject.toml packaging/build.in

clean:
	@rm -rf $(VENV) build dist .cache .mypy_cache .ruff_cache
