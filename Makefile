# Each target sets up what it needs first. Paths are relative, so that the clone may stand in a folder
# with spaces or letters of any alphabet in its name.
SHELL = /bin/sh
PYTHON ?= python3
LAB_ARGS ?=
DIR ?= student
VENV = .venv
GOAL = $(or $(firstword $(MAKECMDGOALS)),lab)
RUN = $(VENV)/bin/python

# Jupyter, matplotlib and pip keep files in the home: where that cannot be written to, the environment stands in.
ifneq ($(shell [ -w "$$HOME" ] && echo yes),yes)
export HOME := $(CURDIR)/$(VENV)/home
endif

.DEFAULT_GOAL = help
.PHONY: help setup lab edit test test-browser test-matrix lint notebooks minutes guide bench site slides student lite collect

help:  ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## */\1|/p' Makefile | while IFS='|' read -r name text; do \
	    printf 'make %-13s %s\n' "$$name" "$$text"; done

# The stamp holds what the set-up depends on: this folder (an environment does not survive being moved),
# the package's description and the versions. It is written last, so a set-up that failed is tried again.
# (pip compiles what it brings one file after another; compileall uses all cores.)
setup:
	@key="$$(pwd) $$(cat pyproject.toml constraints.txt | cksum)"; \
	if [ "$$(cat $(VENV)/stamp 2>/dev/null)" = "$$key" ] && $(RUN) -c pass 2>/dev/null; then exit 0; fi; \
	rm -f $(VENV)/stamp; \
	if ! $(RUN) -m pip --version >/dev/null 2>&1; then \
	    if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "MiniFlow needs Python 3.11 or newer, and '$(PYTHON)' is not one: install it (python.org, or your" \
	             "system's packages) and say which one to use, for example: make $(GOAL) PYTHON=python3.12" >&2; exit 1; fi; \
	    echo "Setting up $(VENV) (once; this takes a minute or two) ..."; \
	    if ! "$(PYTHON)" -m venv --clear $(VENV); then \
	        echo "The environment $(VENV) could not be made. On Debian and Ubuntu the package python3-venv may be" \
	             "missing; else look whether this folder can be written to. Then call make again." >&2; exit 1; fi; fi; \
	if ! $(RUN) -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[test]'; then \
	    echo "The packages could not be installed. Is the network up (behind a proxy set HTTPS_PROXY), and is there" \
	         "1 GB of room on the disk? Then call make again: it goes on from here." >&2; exit 1; fi; \
	$(RUN) -m compileall -qq -j 0 $(VENV)/lib; \
	printf '%s\n' "$$key" > $(VENV)/stamp

lab: setup  ## open JupyterLab on your own copy of the lessons, in work/
	@$(RUN) -m tools lab $(LAB_ARGS)

edit: setup  ## for authors: open JupyterLab on notebooks/ itself
	@$(RUN) -m tools edit $(LAB_ARGS)

test: setup  ## the tests of the library, and every notebook run and compared with what it stores
	@$(RUN) -m pytest --nbval -n auto $(TEST_ARGS)

test-browser: setup  ## the lessons in a real JupyterLab, driven in Chromium
	@$(RUN) -m pytest tests/browser -n auto $(TEST_ARGS)

test-matrix: setup  ## what runs at night: slow tests; the notebooks on each Python, old and new packages
	@$(RUN) -m pytest -m nightly -n auto
	@$(RUN) tests/matrix.py $(MATRIX_ARGS)

lint: setup  ## the style of the code, the notebooks' included
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check

notebooks: setup  ## for authors: run every notebook in place and store its outputs, normalised
	@$(RUN) -m tools build notebooks

minutes: setup  ## for authors: count how long each lesson takes, and write it in, and its slides
	@$(RUN) -m tools minutes notebooks

guide: setup  ## for authors: write the tables of README.md and docs/ from the lessons
	@$(RUN) -m tools guide

bench: setup  ## MiniFlow's speed beside numpy, PyTorch, JAX and others (see benchmarks/README.md)
	@$(RUN) -m benchmarks $(BENCH_ARGS)

site: setup  ## the whole series as HTML pages that open from disk, in site/ (URL=, REPOSITORY=: where it will be)
	@$(RUN) -m tools site --url "$(URL)" --repository "$(REPOSITORY)"

# JupyterLite has an environment of its own: its kernel, a part of JupyterLab's page, has no place in `make lab`.
lite: setup  ## the lessons as a site that runs Python in the browser, in lite/ (PYODIDE=folder: no network)
	@key="$$(cat pyproject.toml constraints.txt | cksum)"; \
	if [ "$$(cat $(VENV)/lite/stamp 2>/dev/null)" != "$$key" ]; then \
	    $(RUN) -m venv --clear $(VENV)/lite && \
	    $(VENV)/lite/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[lite]' && \
	    printf '%s\n' "$$key" > $(VENV)/lite/stamp || exit 1; fi
	@$(VENV)/lite/bin/python -m tools lite $(if $(PYODIDE),--pyodide "$(PYODIDE)")

slides: setup  ## the two-hour path of each lesson as slides that open from disk, in slides/
	@$(RUN) -m tools slides

student: setup  ## a hand-out without solutions for a class, and its zip: make student DIR=folder
	@$(RUN) -m tools student "$(DIR)"

collect: setup  ## run what a class has handed in, and write a table: make collect DIR=handed-in
	@$(RUN) -m tools collect "$(if $(filter file,$(origin DIR)),handed-in,$(DIR))"
