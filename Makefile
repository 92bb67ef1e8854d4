# Every target sets up what it needs in .venv; `make help` lists them.
# `make test PYTHON=python3.12` uses another Python, in a .venv-python3.12 of its own.
PYTHON ?= python3
VENV := $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
USE := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
# Tests run in one process per core, up to four. `make test PARALLEL=` runs them one after another, in order;
# `make test TESTS=tests/nn` runs some of them, and so does `TESTS="-k adam"`.
PARALLEL := -n auto --maxprocesses 4 --dist worksteal
TESTS :=
# The tests elsewhere that have a comparison with PyTorch in them, which `make test` skips where it is missing.
COMPARED = $(shell grep -rl --include='test_*.py' --exclude-dir=parity 'importorskip."torch"' tests)

# Tests start hundreds of processes, each of which would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo examples test test-fast test-plain test-pythons test-locale parity bench mutants sanitize fuzz golden check format lint types docs clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(USE): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[all]"
	@touch $@

$(DEV): $(USE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[all,dev]"
	@touch $@

demo: $(USE)  ## train on real digits, check the gradients, draw the graph, write runs/demo/report.html
	$(BIN)/tinygrad-cnn demo

examples: $(USE)  ## run every script in examples/ in full
	@set -e; for script in examples/*.py; do echo "== $$script"; $(BIN)/python $$script; done

# The processes use all cores already. The compiled kernels keep their threads, which are tested.
test test-fast test-plain parity: export OPENBLAS_NUM_THREADS = 1

test: $(DEV)  ## run all tests
	$(BIN)/python -m pytest $(PARALLEL) $(TESTS)

test-fast: $(DEV)  ## run the tests that take less than a few seconds each
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow" $(TESTS)

test-plain: $(DEV)  ## run all tests in a copy without tinygrad_cnn/fast, on NumPy kernels
	$(BIN)/python tests/plain.py $(PARALLEL) $(TESTS)

# Only what may differ between versions of Python: the engine, which counts references to reuse memory; the workers that
# load data; files; the command line. tests/pythons.py names the folders left out and says why.
test-pythons: $(DEV)  ## run those that may differ on every other Python found here, 3.11 to 3.14
	$(BIN)/python tests/pythons.py

test-locale: $(DEV)  ## run the tests of files and output under a locale whose encoding is not UTF-8
	$(BIN)/python tests/locales.py

parity: $(DEV)  ## compare with PyTorch, number by number (installs it)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 expecttest
	$(BIN)/python -m pytest $(PARALLEL) tests/parity $(COMPARED)

bench: $(DEV)  ## measure training steps against PyTorch (installs it), append to runs/benchmarks.json
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m benchmarks.train_step --vs torch --json runs/benchmarks.json
	$(BIN)/python -m benchmarks.shapes --vs torch --json runs/benchmarks.json
	$(BIN)/python -m benchmarks.overhead --vs torch --json runs/benchmarks.json

mutants: $(DEV)  ## make mistakes in the code, one at a time, and see that a test catches each
	$(BIN)/python tests/mutation/mutate.py

# The compiler runs without the sanitizers' libraries, the tests with them: Python itself is not built with any.
sanitize: export TINYGRAD_CNN_CC = gcc
sanitize: export TINYGRAD_CNN_CFLAGS = -O0 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined
sanitize: export TINYGRAD_CNN_CACHE = $(CURDIR)/runs/sanitized
sanitize: export ASAN_OPTIONS = detect_leaks=0:allocator_may_return_null=1
sanitize: $(DEV)  ## run the tests of the compiled kernels under ASan and UBSan, by gcc
	$(BIN)/python -c "from tinygrad_cnn.fast import build; build.kept_library(build.find_compiler())"
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" $(BIN)/python -m pytest \
	  -p no:cacheprovider -m "not slow" tests/fast --ignore tests/fast/test_build.py

fuzz: $(DEV)  ## try new cases of every fuzzer in tests/fuzz for a few minutes each
	TINYGRAD_CNN_FUZZ_SECONDS=300 $(BIN)/python -m pytest tests/fuzz

golden: $(DEV)  ## write docs/left_out.md, docs/images, golden files and the parity pages again
	$(BIN)/python tests/golden.py

check: format lint types test docs  ## everything that must hold before a change is merged

format: $(DEV)  ## check the formatting
	$(BIN)/ruff format --check .

lint: $(DEV)  ## check for mistakes and style
	$(BIN)/ruff check .

types: $(DEV)  ## check the types (mypy --strict)
	$(BIN)/mypy

docs: $(DEV)  ## build the documentation into site/, any warning an error
	$(BIN)/mkdocs build --strict --quiet

clean:  ## delete what the other targets made
	rm -rf .venv .venv-* runs site .pytest_cache .mypy_cache .ruff_cache .hypothesis
