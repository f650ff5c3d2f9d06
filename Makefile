# `make run` and `make test` need Python 3.11+ and make; everything else is installed into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Some tests wait for processes that they start; two workers more than cores use that time.
WORKERS = $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 2)')

# Compiled tests are kept for the next run and for the other workers, whatever the environment says.
test test-slow: export PYTHONDONTWRITEBYTECODE =

.PHONY: run test test-slow check docs clean

run: $(VENV)/.run
	@$(BIN)/backbones-tui

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -q -m "not slow"

test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -q -m slow

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy $(addprefix -p backbones.,store plot ingest probe tui cli)
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) build *.egg-info

SOURCES := pyproject.toml $(wildcard store/*.py store/*/*.py plot/*.py ingest/*.py ingest/*/*.py probe/*.py probe/*/*.py probe/*/*.csv probe/*/*/*.py probe/*/*/*.yaml tui/* cli/*.py family_data/*.yaml family_data/sheets/*.yaml)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "backbones needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

$(VENV)/.test: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.dev: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	@touch $@ $(VENV)/.run $(VENV)/.test
