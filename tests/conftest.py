"""What holds for all tests: no window on a screen, nothing written outside the checkout."""

from __future__ import annotations

import os

import hypothesis
import pytest

# Idle threads of OpenMP and BLAS spin, which takes the processor from the tests that run beside. Runs have one thread
# in any case. Read when NumPy is loaded, and inherited by all processes.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# a slow moment of the machine is no failure, and a run that fails in one place fails the same way in another
hypothesis.settings.register_profile("stdpbench", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.load_profile("stdpbench")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    cache = getattr(config, "cache", None)
    if cache is not None:
        # compiled networks stay from one test run to the next, but apart from the user's
        os.environ.setdefault("STDPBENCH_CACHE", str(cache.mkdir("stdpbench") / "compiled networks ü"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process build Brian2's Cython modules, once, while another does something else; what is short is last.

    With pytest-xdist's ``--no-loadscope-reorder``, as in the Makefile.
    """
    first = (
        "tests/contract/test_against_reference.py",
        "tests/gui/",
        "tests/contract/",
        "tests/unit/runs/",
        "tests/unit/sweeps/",
        "tests/unit/test_cli",
        "tests/unit/test_notebook.py",
    )

    def rank(item: pytest.Item) -> int:
        return next((n for n, part in enumerate(first) if part in item.nodeid), len(first))

    items.sort(key=rank)
