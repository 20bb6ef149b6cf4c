# Two commands do all of their own set-up: `make digits` and `make test`. `make` alone lists the rest.
#
# PYTHON=…  which Python makes the virtual environment (otherwise the first suitable one that is found)
# VENV=…    where the virtual environment lies (a name without spaces)
# ARGS=…    further arguments for the command that is run, such as ARGS="--seed 3"
#
# make splits names at spaces, so targets are relative paths, and recipes quote whatever may hold a space.

SHELL = /bin/sh
VENV ?= .venv
PYTHON ?=
ARGS ?=
RUN = "$(VENV)/bin/python" -m

# A virtual environment knows its own place and its own Python. After the folder was moved, the Python removed, or another
# PYTHON asked for, the stamps go, and the environment is made anew.
IDENTITY = import sys; print(sys.version)
STALE := $(shell \
    if [ -f "$(VENV)/.made" ]; then \
        have=`"$(VENV)/bin/python" -c '$(IDENTITY)' 2>/dev/null`; \
        want="$$have"; \
        if [ -n "$(PYTHON)" ]; then want=`"$(PYTHON)" -c '$(IDENTITY)' 2>/dev/null`; fi; \
        if [ -z "$$have" ] || [ "$$have" != "$$want" ] || [ "`cat "$(VENV)/.made"`" != "`pwd -P`" ]; then \
            rm -f "$(VENV)/.made" "$(VENV)/.installed" "$(VENV)/.installed-test"; \
        fi; \
    fi)

# pip writes where the package lies as an absolute path, and before Python 3.13 a path with an umlaut there keeps every Python of
# the environment from starting in the locale C. A path relative to that file says the same in ASCII.
define POINT_HERE
@for pth in "$(VENV)"/lib/python3*/site-packages/_stdpbench.pth; do \
    "$(VENV)/bin/python" -I -S -c 'import os, sys; \
here = os.path.dirname(sys.argv[1]); \
print(os.path.relpath(".", here), os.path.relpath("gui", here), sep="\n", file=open(sys.argv[1], "w"))' "$$pth"; \
done
endef

.PHONY: help digits test test-slow bench app screenshots clean

help:
	@echo 'make digits     set up, train on the digits that ship inside scikit-learn, show accuracy and run folder'
	@echo 'make test       set up, run ruff, mypy, import-linter and the tests'
	@echo 'make test-slow  the tests that take minutes'
	@echo 'make bench      presentations per second, beside plain Brian2'
	@echo 'make app        the app'
	@echo 'make screenshots  pictures of every page and panel of the app, into docs/images'
	@echo 'make clean      remove the virtual environment and what tools left behind (runs and data stay)'
	@echo ''
	@echo 'Further: PYTHON=python3.12, ARGS="--seed 3"'

digits: $(VENV)/.installed
	$(RUN) stdpbench run digits $(ARGS)

bench: $(VENV)/.installed
	$(RUN) stdpbench bench $(ARGS)

app: $(VENV)/.installed
	$(RUN) stdpbench_gui $(ARGS)

screenshots: $(VENV)/.installed
	"$(VENV)/bin/python" docs/make_screenshots.py $(ARGS)

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
	    echo 'There is already something named $(VENV), and it is no virtual environment: move it away, or choose another with VENV=…' >&2; \
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
	    why="$$why $$candidate (Python $$version) cannot make virtual environments, as its modules venv and ensurepip are not installed (Debian and Ubuntu: sudo apt install python$$version-venv)."; \
	done; \
	if [ -z "$$found" ]; then \
	    if [ -z "$$why" ]; then why=" None of these runs here: $$*."; fi; \
	    echo "stdpbench needs Python 3.11, 3.12 or 3.13.$$why Install one, or name it: make PYTHON=python3.12 …" >&2; \
	    exit 1; \
	fi; \
	echo "Making the virtual environment $(VENV) with $$found (Python $$version)"; \
	rm -rf "$(VENV)" && "$$found" -m venv "$(VENV)" && echo '*' > "$(VENV)/.gitignore" && pwd -P > "$(VENV)/.made"

$(VENV)/.installed: pyproject.toml $(VENV)/.made
	@echo 'Installing stdpbench and what it needs into $(VENV): once, some minutes, about 1 GB'
	$(RUN) pip install --disable-pip-version-check --editable .
	$(POINT_HERE)
	@touch "$(VENV)/.installed"

$(VENV)/.installed-test: pyproject.toml $(VENV)/.made
	@echo 'Installing stdpbench, what it needs and the test tools into $(VENV): once, some minutes, about 1 GB'
	$(RUN) pip install --disable-pip-version-check --editable '.[test]'
	$(POINT_HERE)
	@touch "$(VENV)/.installed" "$(VENV)/.installed-test"

clean:
	@if [ -f "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find stdpbench gui tests -type d -name __pycache__ -prune -exec rm -rf {} +
