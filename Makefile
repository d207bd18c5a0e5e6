# Every target does its own set-up in .venv: all it needs is a Python 3.11 and PyPI.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test lint bench clean

## demo: rewrite, record and check a copy of every legacy program under golden/; leaves build/demo/report.html
demo: $(STAMP)
	@rm -rf build/demo && mkdir -p build/demo/legacy
	@for case in golden/*/; do cp "$$case/legacy.py" "build/demo/legacy/$$(basename $$case).py"; done
	@printf '[tool.migrator]\nstrict = true\n' > build/demo/pyproject.toml
	@cd build/demo && migrator=$(CURDIR)/$(BIN)/migrator && status=0; \
	$$migrator rewrite --verify legacy -o migrated || status=$$?; \
	$$migrator report --html report.html --markdown report.md --json report.json 2> /dev/null || status=$$?; \
	echo; echo "The report: build/demo/report.html (also report.md and report.json)"; \
	exit $$status

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
