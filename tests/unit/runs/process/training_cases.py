"""A simulator with scripted answers, and what tests of training show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from harness import changed
from numpy.typing import NDArray

from stdpbench.data.datasets import Images
from stdpbench.engine.network.layout import ProjectionLayout
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import Spikes

N_EXC, SIDE = 6, 8
BINS = 40  # of a stimulus


@dataclass
class Shown:
    """What the scripted simulator saw when it was to present."""

    spikes: Spikes
    n_bins: int
    plastic: bool
    column_sums: NDArray[np.float64]
    theta: NDArray[np.float64]
    v: NDArray[np.float64]


class ScriptedSimulator(Simulator):
    """Answers each presentation with a given number of exc spikes, moves v, and notes what it was shown."""

    name = "scripted"

    def __init__(self, experiment: Experiment, answer: Callable[[int, Spikes], int], late: int = 0) -> None:
        super().__init__(experiment.graph(SIDE * SIDE), {})
        self.arrays = {(each.group, each.variable): np.zeros(each.shape) for each in self.layout.state.values()}
        self.set_parameters(experiment)
        self.w[...] = np.random.default_rng(0).random(self.w.shape)
        self.theta[...] = 20e-3
        self.reset()
        self.answer, self.late = answer, late
        self.shown: list[Shown] = []

    @classmethod
    def open(cls, *_: object) -> Any:
        raise NotImplementedError  # made by its class

    def _array(self, group: str, variable: str) -> NDArray[np.float64]:
        return self.arrays[group, variable]

    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        pass

    def _put_delays(self, projection: ProjectionLayout) -> None:
        raise NotImplementedError  # no delays learn here

    def _run(self, spikes: Spikes, n_bins: int, plastic: frozenset[str], *_: object) -> Any:
        seen = (self.w.sum(axis=0), self.theta.copy(), self.array("exc.v").copy())
        self.shown.append(Shown(spikes, n_bins, plastic == {"feed"}, *seen))
        self.w[...] *= np.random.default_rng(len(self.shown)).random(self.w.shape) + 0.5
        self.array("exc.v")[...] += 1e-3
        numbers = np.arange(self.answer(len(self.shown) - 1, spikes), dtype=np.int32)
        rest = np.arange(self.late, dtype=np.int32)
        exc = Spikes(
            np.concatenate([numbers % N_EXC, rest % N_EXC]).astype(np.int32),
            np.concatenate([numbers // N_EXC, BINS + rest // N_EXC]).astype(np.int32),
        )
        return {"exc": exc}, {}

    def close(self) -> None:
        pass


def experiment(**changes: Any) -> Experiment:
    mapping: dict[str, Any] = {
        "seed": 3,
        "network": {"n_exc": N_EXC, "inhibition": "direct", "weight_sum": 12.0},
        "schedule": {"stimulus": BINS * 0.5, "rest": 10.0, "between": "carry", "max_attempts": 4},
    }
    return changed(mapping, changes)


def pictures(n: int = 12, brightness: int = 200) -> Images:
    pixels = np.random.default_rng(1).integers(0, brightness + 1, (n, SIDE, SIDE)).astype(np.uint8)
    return Images(pixels, np.arange(n) % 10)


def same(one: Spikes, other: Spikes) -> bool:
    return np.array_equal(one.index, other.index) and np.array_equal(one.bin, other.bin)
