# `make digits` and `make test` do all set-up themselves. `make` without arguments lists all targets.
#
# PYTHON=…  Python for the virtual environment (default: the first suitable one found)
# VENV=…    folder of the virtual environment (a name without spaces)
# ARGS=…    further arguments for the command, such as ARGS="--seed 3"
#
# make splits names at spaces, so targets are relative paths, and recipes quote everything that may contain a space.

SHELL = /bin/sh
VENV ?= .venv
PYTHON ?=
ARGS ?=
RUN = "$(VENV)/bin/python" -P -m

# A virtual environment depends on its location and its Python. If the folder was moved, the Python removed, or another
# PYTHON requested, the stamps are deleted, and the environment is rebuilt.
IDENTITY = import sys; print(sys.version)
STALE := $(shell \
    if [ -f "$(VENV)/.made" ]; then \
        have=`"$(VENV)/bin/python" -c '$(IDENTITY)' 2>/dev/null`; \
        want="$$have"; \
        if [ -n "$(PYTHON)" ]; then want=`"$(PYTHON)" -c '$(IDENTITY)' 2>/dev/null`; fi; \
        if [ -z "$$have" ] || [ "$$have" != "$$want" ] || [ "`cat "$(VENV)/.made"`" != "`pwd -P`" ]; then \
            rm -f "$(VENV)/.made" "$(VENV)/.installed" "$(VENV)/.installed-test" "$(VENV)/.installed-docs"; \
        fi; \
    fi)

# pip writes the location of the package as an absolute path. Before Python 3.13, a path with an umlaut there prevents every
# Python of the environment from starting in the locale C. A path relative to that file is equivalent, and ASCII.
define POINT_HERE
@for pth in "$(VENV)"/lib/python3*/site-packages/_stdpbench.pth; do \
    "$(VENV)/bin/python" -I -S -c 'import os, sys; \
here = os.path.dirname(sys.argv[1]); \
print(os.path.relpath(".", here), os.path.relpath("gui", here), sep="\n", file=open(sys.argv[1], "w"))' "$$pth"; \
done
endef

.PHONY: help digits test test-slow bench app screenshots docs clean

help:
	@echo 'make digits     set up, train on the digits of scikit-learn, show accuracy and run folder'
	@echo 'make test       set up, run ruff, mypy, import-linter and the tests'
	@echo 'make test-slow  run the slow tests, which take minutes'
	@echo 'make bench      measure the training speed, compared with plain Brian2'
	@echo 'make app        start the app'
	@echo 'make screenshots  write pictures of every page and panel of the app to docs/images'
	@echo 'make docs       build the documentation as a site: build/docs/index.html'
	@echo 'make clean      remove the virtual environment and files left by tools (runs and data stay)'
	@echo ''
	@echo 'Options: PYTHON=python3.12, ARGS="--seed 3"'

digits: $(VENV)/.installed
	$(RUN) stdpbench run digits $(ARGS)

bench: $(VENV)/.installed
	$(RUN) stdpbench bench $(ARGS)

app: $(VENV)/.installed
	$(RUN) stdpbench_gui $(ARGS)

screenshots: $(VENV)/.installed
	"$(VENV)/bin/python" docs/make_screenshots.py $(ARGS)

docs: $(VENV)/.installed-docs
	$(RUN) sphinx -W --keep-going -b html docs build/docs $(ARGS)

test: $(VENV)/.installed-test
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	"$(VENV)/bin/lint-imports"
	$(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: $(VENV)/.installed-test
	$(RUN) pytest -m slow $(ARGS)

$(VENV)/.made:
	@if [ -e "$(VENV)" ] && [ ! -f "$(VENV)/pyvenv.cfg" ]; then \
	    echo '$(VENV) already exists and is not a virtual environment: move it, or choose another name with VENV=…' >&2; \
	    exit 1; \
	fi; \
	if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; else set -- python3.11 python3.12 python3.13 python3; fi; \
	found=; why=; \
	for candidate; do \
	    version=`"$$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null` || continue; \
	    case "$$version" in \
	        3.11|3.12|3.13) ;; \
	        *) why="$$why $$candidate is Python $$version."; continue ;; \
	    esac; \
	    if "$$candidate" -c 'import venv, ensurepip' 2>/dev/null; then found="$$candidate"; break; fi; \
	    why="$$why $$candidate (Python $$version) cannot create virtual environments, as its modules venv and ensurepip are not installed (Debian and Ubuntu: sudo apt install python$$version-venv)."; \
	done; \
	if [ -z "$$found" ]; then \
	    if [ -z "$$why" ]; then why=" None of these was found: $$*."; fi; \
	    echo "stdpbench needs Python 3.11, 3.12 or 3.13.$$why Install one, or specify it: make PYTHON=python3.12 …" >&2; \
	    exit 1; \
	fi; \
	echo "Creating the virtual environment $(VENV) with $$found (Python $$version)"; \
	rm -rf "$(VENV)" && "$$found" -m venv "$(VENV)" && echo '*' > "$(VENV)/.gitignore" && pwd -P > "$(VENV)/.made"

$(VENV)/.installed: pyproject.toml $(VENV)/.made
	@echo 'Installing stdpbench and its dependencies into $(VENV): once, a few minutes, about 1 GB'
	$(RUN) pip install --disable-pip-version-check --editable .
	$(POINT_HERE)
	@touch "$(VENV)/.installed"

$(VENV)/.installed-test: pyproject.toml $(VENV)/.made
	@echo 'Installing stdpbench, its dependencies and the test tools into $(VENV): once, a few minutes, about 1 GB'
	$(RUN) pip install --disable-pip-version-check --editable '.[test]'
	$(POINT_HERE)
	@touch "$(VENV)/.installed" "$(VENV)/.installed-test"

$(VENV)/.installed-docs: pyproject.toml $(VENV)/.made
	@echo 'Installing stdpbench, its dependencies and Sphinx into $(VENV): once, a few minutes, about 1 GB'
	$(RUN) pip install --disable-pip-version-check --editable '.[docs]'
	$(POINT_HERE)
	@touch "$(VENV)/.installed" "$(VENV)/.installed-docs"

clean:
	@if [ -f "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
	rm -rf build dist docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find stdpbench gui tests -type d -name __pycache__ -prune -exec rm -rf {} +
