# Two commands are enough: `make lab` to read and play, `make test` to check that everything holds.

VENV := .venv
BIN := $(VENV)/bin

# The first interpreter that is new enough; `make lab PYTHON=/path/to/python` says otherwise.
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for candidate in $(CANDIDATES); do \
	"$$candidate" -c '$(NEW_ENOUGH)' 2>/dev/null && { echo "$$candidate"; break; }; done)

# JupyterLab answers on this machine only, with its token. It refuses to run as root unless told
# otherwise, so root tells it; the address stays the local one.
LAB_ARGS ?=
LAB_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# It asks the network for neither news nor updates, and talks to its kernels encrypted.
LAB_QUIET := --LabApp.news_url=None --KernelManager.transport_encryption=auto \
	--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
LAB_START := $(if $(wildcard notebooks/index.ipynb),--LabApp.default_url=/lab/tree/index.ipynb)

# One thread a worker: as quick on few cores, and sums come out in the same order everywhere.
WORKERS ?= 2
PYTEST := OMP_NUM_THREADS=1 MPLBACKEND=agg $(BIN)/python -m pytest -q
NODE ?= node
JS_TESTS := $(wildcard tests/js/*.test.js)

.DEFAULT_GOAL := help
.PHONY: help lab test lint types unit chapters javascript browser notebooks images site slides handout bench lock clean

help:
	@echo "make lab        open the chapters in JupyterLab (installs into .venv the first time)"
	@echo "make test       lint, types, unit tests, chapters, JavaScript and a real browser"
	@echo "make notebooks  run the chapters' sources and write the .ipynb beside them"
	@echo "make images     draw images/ again"
	@echo "make site       build the site into build/site/html: chapters, ledger, reference"
	@echo "make slides     make slides into build/slides; NAMES=03_necks makes those of one chapter"
	@echo "make handout    print chapters into build/handout, as PDF; NAMES as above"
	@echo "make bench      tables beside torchinfo and torchsummary, scenes, sliders, pages, chapters, and a training; an hour"
	@echo "make lock       write constraints.txt again from pyproject.toml"
	@echo "make clean      remove .venv and everything that was built"

# --- installing -------------------------------------------------------------------------------

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "yoloexplain needs Python 3.11 or newer, and none of" \
		"'$(CANDIDATES)' is; install one, or name it: make lab PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' || { echo "yoloexplain needs Python 3.11 or newer, got" \
		"$$("$(PYTHON)" --version 2>&1); name another: make lab PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); echo "could not make $(VENV);" \
		"on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.notebooks: pyproject.toml constraints.txt $(BIN)/python
	@echo "Installing into $(VENV): a few minutes the first time"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[notebooks]'
	@$(BIN)/python -m ipykernel install --sys-prefix --name yoloexplain \
		--display-name yoloexplain >/dev/null
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt tests/npm/packages.txt $(BIN)/python
	@echo "Installing into $(VENV), with the tools for testing: a few minutes the first time"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[notebooks,dev]'
	@$(BIN)/python tests/npm/fetch.py $(VENV)/npm
	@touch $@

# --- reading ----------------------------------------------------------------------------------

lab: $(VENV)/.notebooks
	@$(BIN)/python -m jupyterlab --ip=127.0.0.1 --ServerApp.root_dir=notebooks \
		$(LAB_QUIET) $(LAB_START) $(LAB_ROOT) $(LAB_ARGS)

# --- checking ---------------------------------------------------------------------------------

test: lint types unit chapters javascript browser
	@echo "Everything holds."

lint: $(VENV)/.dev
	@echo "== lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "run: $(BIN)/ruff format ."; exit 1; }

types: $(VENV)/.dev
	@echo "== types"
	@$(BIN)/mypy

unit: $(VENV)/.dev
	@echo "== unit tests"
	@$(PYTEST) -n $(WORKERS) -m "not browser" tests

chapters: $(VENV)/.dev
	@echo "== chapters, run again and compared"
	@$(PYTEST) -n $(WORKERS) --dist loadscope --nbval --nbval-current-env \
		--nbval-cell-timeout=120 notebooks

javascript:
ifneq ($(JS_TESTS),)
	@echo "== JavaScript"
	@if command -v $(NODE) >/dev/null; then $(NODE) --test $(JS_TESTS); \
	else echo "skipped: Node is missing; apt-get install nodejs"; \
		case "$$CI" in ""|0|false) ;; *) exit 1;; esac; fi
endif

browser: $(VENV)/.dev
	@echo "== browser"
	@$(PYTEST) -m browser tests

# --- building ---------------------------------------------------------------------------------

# Chapters are executed as `make chapters` compares them: with one thread.
notebooks: $(VENV)/.dev
	@OMP_NUM_THREADS=1 $(BIN)/python notebooks/build.py $(NAMES)

images: $(VENV)/.dev
	@$(BIN)/python -m yoloexplain.gallery images

# Chapters that have not changed are not run again. Any host of files can serve what is built.
site: $(VENV)/.dev
	@$(BIN)/python site/build_site.py --workers $(WORKERS)

slides: $(VENV)/.dev
	@$(BIN)/python -m workshop.slides $(NAMES)

handout: $(VENV)/.dev
	@$(BIN)/python -m workshop.handout $(NAMES)

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.summaries
	@$(BIN)/python -m benchmarks.scenes
	@$(BIN)/python -m benchmarks.widgets
	@$(BIN)/python site/build_site.py
	@$(BIN)/python -m benchmarks.site
	@$(BIN)/python -m benchmarks.chapters
	@$(BIN)/python -m benchmarks.training

# Everything moves to its newest version except torch, which is changed by hand and then measured.
# CUDA's own packages are left to torch, which pins them itself.
TORCH = $(shell sed -n 's/^torch==//p' constraints.txt)
lock: $(BIN)/python
	@rm -rf $(VENV)/lock && $(BIN)/python -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install -qq --disable-pip-version-check \
		torch==$(TORCH) '.[notebooks,dev,hub]'
	@{ sed '/^[^#]/,$$d' constraints.txt; \
		$(VENV)/lock/bin/python -m pip freeze --disable-pip-version-check --exclude yoloexplain \
		| sed -E 's/\+cpu$$//; /^(nvidia|cuda|triton)/d'; } > $(VENV)/constraints.txt
	@mv $(VENV)/constraints.txt constraints.txt && rm -rf $(VENV)/lock

clean:
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.git/*' -type d -prune -exec rm -rf {} +
