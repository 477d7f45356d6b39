# Everything a person or CI does in this folder; `make` alone lists it. GNU make 3.81 or newer.

# Override these on the command line, as in `make run SOURCES=page.html`.
# PYTHON   the Python to use; by default the first of 3.11 to 3.13 that is found
# SOURCES  what `make run` ingests; by default the sample newsroom
# TESTS    what `make test` runs, as pytest arguments; by default everything
# INPUTS   how many inputs `make fuzz` makes
# UPGRADE  --upgrade lets `make lock` take the newest versions
PYTHON ?=
SOURCES ?=
TESTS ?=
INPUTS ?= 20000
UPGRADE ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet install
LOCKED := $(PIP) --require-hashes --no-deps --requirement

# Every word of SOURCES with its wildcards expanded, then quoted: an address may hold & or ?.
expanded = $(foreach word,$(1),$(or $(wildcard $(word)),$(word)))
quoted = $(foreach word,$(1),'$(subst ','\'',$(word))')

# An environment is made anew when there is none, its Python has gone, or the folder was moved.
sound := grep -qF '$(CURDIR)/$(VENV)' $(VENV)/pyvenv.cfg && $(BIN)/python -c ''
environment := $(shell { $(sound); } 2>/dev/null || echo environment)

.DEFAULT_GOAL := help
.PHONY: help setup run test test-containers check bench bench-peers chaos quality fuzz docs audit lock environment

help: ## List what can be made
	@echo 'Copydesk turns sources of articles into clean, linked, de-duplicated articles in a database.'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  make run SOURCES="page.html https://example.org/feed.xml"'
	@echo '  make setup PYTHON=/path/to/python3.13'

setup: $(VENV)/tests.installed ## Install into .venv what is needed to run and to develop
	@echo '$(VENV) is ready: make run, make test'

run: $(VENV)/copydesk.installed ## Ingest the sample newsroom, or SOURCES="..."
	@$(BIN)/copydesk $(if $(SOURCES),run $(call quoted,$(call expanded,$(SOURCES))),demo)

test: $(VENV)/tests.installed ## Run the tests, or TESTS="..."
	@$(BIN)/python -m pytest $(TESTS)

test-containers: $(VENV)/tests.installed ## Run the tests of images and compose file (needs docker, docker-compose)
	@$(BIN)/python -m pytest --containers -m containers

check: $(VENV)/tests.installed ## Check format, style, types and imports
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/tests.installed ## Measure time and CPU per article, address and request
	@$(BIN)/python -m tests.benchmarks
	@$(BIN)/python -m tests.benchmarks.intake
	@$(BIN)/python -m tests.benchmarks.frontier
	@$(BIN)/python -m tests.benchmarks.scale

bench-peers: $(VENV)/tests.installed ## Measure news-please, newspaper4k and trafilatura on the same pages
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.peers

chaos: $(VENV)/tests.installed ## Hurt a real cluster in every way, on both databases, and print what came of it (half an hour)
	@$(BIN)/python -m tests.chaos

quality: $(VENV)/tests.installed ## Measure the quality of cleaning and of entities
	@$(BIN)/python -m scripts.training.evaluate_cleaner
	@$(BIN)/python -m scripts.training.entities.evaluate

fuzz: $(VENV)/tests.installed ## Read 20,000 mutated inputs, or INPUTS=..., with every reader of what comes from outside
	@$(BIN)/python -m tests.fuzzing --inputs $(INPUTS)

docs: $(VENV)/copydesk.installed ## Write the pages that are made from the code: commands, settings, conditions
	@$(BIN)/python -m scripts.documentation

audit: $(VENV)/copydesk.installed ## Ask for known faults in the locked versions (needs the network)
	@test -x $(BIN)/pip-audit || $(PIP) pip-audit
	@$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock --requirement requirements-dev.lock

lock: $(VENV)/copydesk.installed ## Resolve the dependencies in pyproject.toml into the lock files
	@test -x $(BIN)/uv || $(PIP) uv
	@echo 'setuptools>=80' | $(COMPILE) pyproject.toml - --extra flower --output-file requirements.lock
	@$(COMPILE) --group dev --constraints requirements.lock --output-file requirements-dev.lock
	@echo 'requirements.lock and requirements-dev.lock fit pyproject.toml.'

# Versions and hashes for every platform and Python, and no index: anybody's mirror will do.
COMPILE = $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

# Installed is what is older than its stamp.
$(VENV)/copydesk.installed: requirements.lock pyproject.toml $(environment)
	@echo "Installing $$(grep -c == requirements.lock) locked packages into $(VENV) (once; about a minute)"
	@$(LOCKED) requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q shared workers scripts # as pip does with what is not editable
	@touch $@

$(VENV)/tests.installed: requirements-dev.lock $(VENV)/copydesk.installed
	@echo "Installing $$(grep -c == requirements-dev.lock) locked packages for tests and checks into $(VENV) (once)"
	@$(LOCKED) requirements-dev.lock
	@touch $@

environment:
	@.ci/environment $(VENV) $(PYTHON)
