# Every target does its own set-up in .venv: all it needs is a Python 3.11 and PyPI.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test lint bench clean

## demo: rewrite, record and check a copy of every legacy program under golden/; leaves build/demo/report.html
demo: $(STAMP)
	$(BIN)/python -m migrator.demo

## test: lint, types, then the whole test suite
test: lint
	$(BIN)/python -m pytest

## lint: ruff and mypy --strict
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

## bench: the figures in README.md (interleaved; several minutes)
bench: $(STAMP)
	$(BIN)/python benchmarks/rewrite_speed.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/step_time.py

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[tf,dev]'
	touch $@

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache
