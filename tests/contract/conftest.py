"""What the tests of the contract share: simulators built once, MNIST where it is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from networks import Closer, Opener, on_numpy, put_start

from stdpbench.data.datasets import Images
from stdpbench.engine.simulators import Simulator, find_compiler, open_simulator
from stdpbench.experiment import Experiment


@pytest.fixture(scope="session")
def built() -> Iterator[Opener]:
    """A simulator from a pool: built once per session, then put to the same start for each test.

    Its name is "compiled", "runtime" for Brian2's runtime mode on NumPy, or "cython" for the same on Cython, which
    compiles a dozen modules for each network and more.
    That its past does not matter is part of the contract. Tests that change parameters, or want a simulator of
    their own, open one with `opened`.
    """
    pool: dict[tuple[str, str, int], Simulator] = {}

    def get(name: str, experiment: Experiment, n_input: int = 100) -> Simulator:
        key = (name, experiment.digest, n_input)
        if key not in pool:
            pool[key] = _open(name, experiment, n_input)
        for projection in pool[key].layout.projections.values():
            for array in projection.remembered:  # averages of traces outlast a reset
                pool[key].array(array)[...] = 0.0
        put_start(pool[key])
        return pool[key]

    yield get
    for simulator in pool.values():
        simulator.close()


@pytest.fixture
def opened() -> Iterator[Opener]:
    """A simulator of a test's own, at the same start as `built` gives."""
    mine: list[Simulator] = []

    def get(name: str, experiment: Experiment, n_input: int = 100) -> Simulator:
        mine.append(_open(name, experiment, n_input))
        put_start(mine[-1])
        return mine[-1]

    yield get
    for simulator in mine:
        simulator.close()


@pytest.fixture
def closed() -> Iterator[Closer]:
    """A function that gives a simulator back, and closes it after the test."""
    with ExitStack() as stack:
        yield lambda simulator: stack.enter_context(closing(simulator))


def _open(name: str, experiment: Experiment, n_input: int) -> Simulator:
    if name == "compiled" and find_compiler() is None:
        pytest.skip("needs a C++ compiler")
    if name == "runtime":
        return on_numpy(experiment, n_input)
    return open_simulator(experiment, n_input, "runtime" if name == "cython" else name)[0]


_DATA = os.environ.get("STDPBENCH_DATA")  # read now: other tests set it to folders of their own


@pytest.fixture(scope="session")
def mnist() -> Images:
    """The 60 000 training pictures of MNIST."""
    if not _DATA or not (Path(_DATA).expanduser() / "mnist").is_dir():
        pytest.skip("needs the MNIST files in STDPBENCH_DATA/mnist")
    from stdpbench.data.datasets.mnist import MNIST

    return MNIST(path=str(Path(_DATA).expanduser().resolve() / "mnist")).load().train
