# Everything a newcomer needs. `make help` lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run code test lint bench fuzz catalogue lock clean

export PORT ?= 8000
export AGENCY_PORT ?= 8001

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --quiet --no-input
INSTALL := $(PIP) install --no-build-isolation --no-deps --editable .
READY  := $(VENV)/.ready
TESTS  := $(VENV)/.ready-for-tests
SPOKEN := $(shell find idp profiles consent mfa -name '*.po')
TYPED  := idp profiles consent mfa wsgi.py examples

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the locked dependencies and Beacon itself

run: $(READY) ## start Beacon at http://localhost:8000 with a demonstration app (PORT=, AGENCY_PORT= move them)
	@exec $(PY) examples/demo.py

code: $(READY) ## print the demonstration resident's present sign-in code
	@$(PY) examples/demo.py code

test: $(TESTS) ## lint, types, import law, then the whole suite on SQLite and PostgreSQL, browser included
	@.ci/install-tools
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest -n 2 --dist worksteal

lint: $(TESTS) ## style, types and import law
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check .
	@$(VENV)/bin/mypy --no-error-summary $(TYPED)
	@$(VENV)/bin/lint-imports --no-logo

bench: $(TESTS) ## server CPU and statements of a signed-on resident's round
	@.ci/install-tools
	@$(PY) -m bench.round

fuzz: $(TESTS) ## send 100,000 malformed requests (FUZZ_REQUESTS=, FUZZ_SEED= change them)
	@FUZZ_REQUESTS=$${FUZZ_REQUESTS:-100000} $(PY) -m pytest -q tests/attacks/test_fuzz.py

catalogue: $(TESTS) ## collect new texts for translation, and compile the translations
	@$(PY) -m idp.web.catalogue
	@$(INSTALL)

lock: $(TESTS) ## pin the dependencies of pyproject.toml anew, with hashes
	@$(LOCK) --extra build --extra demo --output-file requirements.lock pyproject.toml
	@$(LOCK) --all-extras --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

LOCK = $(VENV)/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean: ## remove the environment and caches; the database in instance/ stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Beacon needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Could not make $(VENV). On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(READY): requirements.lock pyproject.toml hatch_build.py $(SPOKEN) | $(PY)
	@echo "Installing the locked dependencies …" >&2
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(INSTALL)
	@touch $@

$(TESTS): requirements-dev.lock $(READY)
	@echo "Installing what the tests need …" >&2
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@
