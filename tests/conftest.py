"""What holds for all tests: no window on a screen, nothing written outside the checkout."""

from __future__ import annotations

import functools
import gc
import os
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

import hypothesis
import pytest
import tomli_w
import typer.main

# Idle threads of OpenMP and BLAS spin, which takes the processor from the tests that run beside. Runs have one thread
# in any case. Read when NumPy is loaded, and inherited by all processes.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# Where Python must not write bytecode, each of the many processes of the tests would compile all modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Brian2's Cython modules are built for a few presentations each: without debug information, and without what takes a
# compiler long and changes no result. They are kept apart from the user's.
_SLOW_PASSES = (
    "tree-vectorize tree-pre tree-partial-pre tree-vrp tree-slsr tree-dominator-opts inline-functions "
    "inline-small-functions ipa-cp ipa-sra ipa-icf ipa-modref ipa-pure-const schedule-insns2 code-hoisting ivopts "
    "gcse reorder-blocks crossjumping peel-loops unswitch-loops"
)

# Of a second or two that a small run takes, its figures take half. Tests that look at them remove this.
os.environ.setdefault("STDPBENCH_FIGURES", "0")

# a slow moment of the machine is no failure, and a run that fails in one place fails the same way in another
hypothesis.settings.register_profile("stdpbench", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.load_profile("stdpbench")

# In a tenth of a second, typer makes for each call the commands that are the same throughout a process.
typer.main.get_command = functools.cache(typer.main.get_command)


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    cache = getattr(config, "cache", None)
    if cache is not None:
        # compiled networks stay from one test run to the next, but apart from the user's
        os.environ.setdefault("STDPBENCH_CACHE", str(cache.mkdir("stdpbench") / "compiled networks ü"))
        if not {"CFLAGS", "CYTHON_CACHE_DIR"} & set(os.environ) and _compiles_with_gcc():
            os.environ["CFLAGS"] = " ".join(["-g0", *(f"-fno-{each}" for each in _SLOW_PASSES.split())])
            os.environ["CYTHON_CACHE_DIR"] = str(cache.mkdir("stdpbench") / "cython")


def _compiles_with_gcc() -> bool:
    """Whether setuptools compiles with GCC, which knows the names of `_SLOW_PASSES`."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    try:
        done = subprocess.run([*compiler, "-dM", "-E", "-xc", os.devnull], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return "__GNUC__" in done.stdout and "__clang__" not in done.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process begin with the file that takes longest, and the other with others; what is short is last.

    With pytest-xdist's ``--no-loadscope-reorder``, as in the Makefile.
    """
    first = (
        "tests/contract/test_graphs.py",
        "tests/gui/",
        "tests/contract/",
        "tests/unit/runs/",
        "tests/unit/sweeps/",
        "tests/unit/cli/",
        "tests/unit/api/test_notebook.py",
    )

    def rank(item: pytest.Item) -> int:
        return next((n for n, part in enumerate(first) if part in item.nodeid), len(first))

    items.sort(key=rank)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Have one process compile a file of tests, and what it imports, while the others wait for its bytecode.

    All processes of pytest-xdist collect all tests, in the same order, at the same time.
    """
    cache = getattr(collector.config, "cache", None)
    first = isinstance(collector, pytest.Module) and hasattr(collector.config, "workerinput") and cache is not None
    if not first or any(collector.path.parent.glob(f"__pycache__/{collector.path.stem}.*.pyc")) or fcntl is None:
        return (yield)
    with (cache.mkdir("stdpbench") / "compiling tests").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return (yield)


def pytest_collection_finish() -> None:
    """Have the search for garbage leave out what the collection of tests has made, which stays to the end."""
    gc.collect()
    gc.freeze()


def _uninstall(folder: Path, section: str = "plasticity") -> str:
    from stdpbench.runs.folder.journal import read_journal, write_journal
    from stdpbench.runs.protocol.facts import Started

    tables = tomllib.loads((folder / "experiment.toml").read_text(encoding="utf-8"))
    known = tables.get(section, {})
    tables[section] = {
        "kind": f"acme-{section}",
        "vigour": "20 acme",
        **{k: v for k, v in known.items() if k != "kind"},
    }
    (folder / "experiment.toml").write_text(tomli_w.dumps(tables), encoding="utf-8")
    records = [
        replace(record, fact=replace(record.fact, experiment=tables)) if isinstance(record.fact, Started) else record
        for record in read_journal(folder)
    ]
    write_journal(folder, records)
    family = {
        "plasticity": "plasticity rule",
        "lateral": "lateral inhibition",
        "encoding": "encoder",
        "data": "data set",
    }
    return f"the {family.get(section, 'neuron')} 'acme-{section}' is not installed"


@pytest.fixture(autouse=True)
def _path_of_scripts() -> Generator[None]:
    """Undo what a command does to its own process: scripts of tests import from their folder."""
    yield
    os.environ.pop("PYTHONSAFEPATH", None)


@pytest.fixture(scope="session")
def uninstall() -> Callable[..., str]:
    """Have a run be one that was made with a kind of another package, which is no longer installed.

    Takes the run folder and the section whose kind it is, of which ``vigour`` is a parameter; gives the clause that
    says so.
    """
    return _uninstall
