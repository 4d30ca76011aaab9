# Everything here sets up what it needs by itself; the second time it is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Compiled modules are kept: else each of the many processes of a run, and of its tests, compiles them anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test prove bench lint clean

run: $(STAMP)  ## run the reference operator: three vendors' network in, Network Health out
	@$(BIN)/trunkline up --project belgicom

test: $(STAMP)  ## all tests that this machine can run, with a table of the real components
	$(BIN)/pytest -m "not prove" -n 4 --dist loadfile --no-loadscope-reorder

prove: $(STAMP)  ## the long proofs: kills, fuzzing, soak
	$(BIN)/pytest -m prove --timeout=1800

bench: $(STAMP)  ## one line a headline; one topic: make bench ONLY=log
	$(BIN)/python -m benchmarks $(ONLY)

lint: $(STAMP)  ## format, style, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: Python 3.11 or newer is needed (set PYTHON=…)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed, $(PYTHON) is older (set PYTHON=…)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

clean:  ## remove what was set up and what ran; the operator's data stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
