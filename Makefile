# make demo    compile and run the two-party example (makes .venv where there is none)
# make dev     make .venv and install qdsl in it with everything a developer needs
# make test    the quick tests
# make runtime an environment of its own for SimulaQron; where it is, its tests run too
# make check   everything CI checks: lint, types, layers, quick tests, README, tour, CONTRIBUTING
# make docs    the documentation site, in build/site/html
# make chaos   killed runs, full disks, changed tickets, strangers; writes docs/results/reliability.md
# make fuzz    random input for all that is read; ARGS='--inputs 1000000 --seconds 3600'
# make sbom    build/sbom.json: what qdsl needs, with versions and licences (CycloneDX)
# make lowest  the quick tests with the lowest versions of all libraries, in .venv-lowest
# make test-slow  the long tests: all other documents, large programs; nightly
# make PYTHON=python3.12 dev    choose the interpreter

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV ?= .venv
USED ?= standard,exact,partition,train,nodes
EXTRAS ?= standard,dev,docs,exact,cluster,partition,train,clifford,nodes,netqasm,qir,editor,pictures,cirq,pennylane
LOWEST ?= standard,dev,exact,partition,train,clifford,nodes,netqasm,qir,editor,pictures,cirq,pennylane
RUNTIME ?= .venv-simulaqron
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# `check` ends with the tests, whatever -j says.
.NOTPARALLEL:
.PHONY: demo dev test test-slow runtime check lint types layers tests docs bench chaos fuzz sbom lowest goldens coverage constraints clean

ifneq ($(wildcard $(RUNTIME)/installed),)
export QDSL_RUNTIME_PYTHON ?= $(abspath $(RUNTIME)/bin/python)
endif

demo: $(VENV)/installed
	$(BIN)/qdsl run examples/two_party.qdm

dev: $(VENV)/installed-dev

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "qdsl needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[$(USED)]'
	touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[$(EXTRAS)]'
	touch $(VENV)/installed $@

runtime: $(RUNTIME)/installed

$(RUNTIME)/installed: constraints-simulaqron.txt
	$(PYTHON) -m venv $(RUNTIME)
	$(RUNTIME)/bin/python -m pip --disable-pip-version-check install --quiet \
		-c constraints-simulaqron.txt simulaqron 'qutip<5'
	touch $@

test: dev
	$(BIN)/python -m pytest -m "not slow and not bench" $(ARGS)

check: lint types layers tests

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: dev
	$(BIN)/mypy

layers: dev
	$(BIN)/lint-imports

tests: dev
	$(BIN)/python -m pytest -n auto -m "not slow and not bench" $(ARGS)

test-slow: dev
	$(BIN)/python -m pytest -n auto -m "slow and not bench" $(ARGS)

docs: dev
	$(BIN)/python -m tests.docs.site $(ARGS)

bench: dev
	$(BIN)/python tests/bench/run.py $(ARGS)
	$(BIN)/python tests/bench/gradients.py $(ARGS)
	$(BIN)/python tests/bench/scale.py $(ARGS)
	$(BIN)/python tests/bench/peers.py $(ARGS)

chaos: dev
	$(BIN)/python -m tests.bench.chaos --write $(ARGS)

fuzz: dev
	$(BIN)/python -m tests.bench.fuzz $(ARGS)

sbom: dev
	mkdir -p build
	$(BIN)/python -m tests.sbom $(ARGS) > build/sbom.json

# Of the libraries that it needs, not of those that these need.
lowest: dev
	$(BIN)/python -m tests.lowest > lowest.txt
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip --disable-pip-version-check install --quiet \
		-c lowest.txt -e '.[$(LOWEST)]'
	$(VENV)-lowest/bin/python -m pytest -n auto -m "not slow and not bench" $(ARGS)

# Rewrites the expected outputs: read the difference as you would read code.
goldens: dev
	$(BIN)/python -m pytest --update-goldens $(ARGS)
	git diff --stat -- tests

coverage: dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Pins what a fresh environment with every extra resolves to, names and versions only.
constraints:
	$(PYTHON) -m venv $(VENV)-pins
	$(VENV)-pins/bin/python -m pip install --quiet '.[$(EXTRAS)]'
	{ sed -n '/^#/p' constraints.txt; \
	  $(VENV)-pins/bin/python -m pip freeze --exclude qdsl-compiler --exclude setuptools | grep -E '^[A-Za-z0-9._-]+==' ; } > $(VENV)-pins/pins
	mv $(VENV)-pins/pins constraints.txt
	rm -rf $(VENV)-pins

clean:
	rm -rf build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis *.egg-info
	find qdsl passes backends grammar tests -name __pycache__ -type d -prune -exec rm -rf {} +
