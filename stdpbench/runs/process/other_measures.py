"""Measures per block of the populations and projections that the main curves are not of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.engine.simulators import Response, Simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.templates.diehl_cook import Network

_CURVE, _SUM, _WEIGHTS = "curve.", "spikes_of_block.", "w_of_last_block."
"""Beginnings of the names of arrays in a checkpoint."""


class OtherMeasures:
    """Spikes, thresholds and changes of weights of what the main curves are not of.

    These are the populations that a learning projection ends at, except the one that is read, and the projections that
    learn, except the one that is shown. The template diehl-cook has the main curves only, as its files always had;
    streams have measures of their own.

    Attributes
    ----------
    curves : dict of str to list of float
        By name: ``POPULATION.spikes``, mean per presentation; ``POPULATION.theta``, mean in mV or
        without unit; ``PROJECTION.change``, mean absolute change per synapse.
    """

    def __init__(self, experiment: Experiment, simulator: Simulator) -> None:
        graph = simulator.graph
        main_only = isinstance(experiment.network, Network) or experiment.stream is not None
        learning = () if main_only else graph.plastic
        targets = dict.fromkeys(graph.projections[name].target for name in learning)
        self._spikes = {name: 0 for name in targets if name != graph.read}
        self._weights = {name: simulator.weights(name).copy() for name in learning if name != graph.shown}
        self.curves: dict[str, list[float]] = {}

    def add(self, response: Response) -> None:
        """Add a presentation."""
        for name in self._spikes:
            self._spikes[name] += int(response.counts(name).sum())

    def measure(self, simulator: Simulator, n: int) -> dict[str, float]:
        """Return the measures of a block of `n` presentations, which is complete."""
        found, learned = dict[str, float](), simulator.learned_views
        for name, total in self._spikes.items():
            found[f"{name}.spikes"] = total / n
            self._spikes[name] = 0
            if (theta := learned.get(f"{name}.theta")) is not None:
                found[f"{name}.theta"] = float(theta.mean() * simulator.graph.shown_as(name)[0])
        for name, before in self._weights.items():
            now = simulator.weights(name)
            found[f"{name}.change"] = float(np.abs(now - before).mean())
            before[...] = now
        for name, value in found.items():
            self.curves.setdefault(name, []).append(value)
        return found

    def changes(self) -> dict[str, list[float]]:
        """Return the mean absolute change of the weights in each block, by projection."""
        return {name: self.curves.get(f"{name}.change", []) for name in self._weights}

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the curves for ``training.npz``."""
        return {name: np.array(values, float) for name, values in self.curves.items()}

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the data for `restore`."""
        return {
            **{_CURVE + name: np.array(values, float) for name, values in self.curves.items()},
            **{_SUM + name: np.array(total, np.int64) for name, total in self._spikes.items()},
            **{_WEIGHTS + name: before for name, before in self._weights.items()},
        }

    def restore(self, history: Mapping[str, NDArray[Any]], simulator: Simulator) -> None:
        """Restore the data of a checkpoint, whose state the simulator has."""
        self.curves = {
            name.removeprefix(_CURVE): values.tolist() for name, values in history.items() if name.startswith(_CURVE)
        }
        self._spikes = {name: int(history[_SUM + name]) for name in self._spikes}
        for name, before in self._weights.items():
            before[...] = history[_WEIGHTS + name]
