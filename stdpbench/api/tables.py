"""Learned arrays and results of a run: pandas data frames, or dicts of arrays without pandas.

Both kinds of tables are accessed in the same way: ``history["mean_theta"]``, ``metrics["vote"]["accuracy"]``.
"""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.results.readout import READOUTS
from stdpbench.results.readout.baselines import BASELINES
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns
from stdpbench.runs.protocol.live_run import LiveRun

Floats = NDArray[np.floating[Any]]


class Entry(NamedTuple):
    """An event in a run: position, time (ISO 8601, UTC), and a sentence."""

    position: int
    time: str
    text: str


def curve_arrays(live: LiveRun) -> dict[str, NDArray[Any]]:
    """Return curves over training, with one value per block of presentations.

    Returns
    -------
    dict of str to ndarray, (n_blocks,)
        ``position`` (int64), presentations completed; ``spikes_per_image``, of the population that is read;
        ``repeats``, fraction of pictures that were presented again; ``mean_theta``, mV or without unit;
        ``weight_change``, mean absolute change of a weight during the block; ``accuracy_vote`` and so on,
        running accuracy on training labels, NaN if not measured. In networks with several populations or
        plastic projections, also ``POPULATION.spikes``, ``POPULATION.theta`` and ``PROJECTION.change`` of the others.
    """
    positions = sorted(live.blocks)
    blocks = [live.blocks[position] for position in positions]
    return {
        "position": np.array(positions, np.int64),
        "spikes_per_image": np.array([np.mean(block.spikes) for block in blocks], float),
        "repeats": np.array([np.mean(np.array(block.attempts) > 1) for block in blocks], float),
        "mean_theta": np.array([block.mean_theta for block in blocks], float),
        "weight_change": np.array([block.weight_change for block in blocks], float),
        **{
            f"accuracy_{name}": np.array([block.accuracy.get(name, np.nan) for block in blocks], float)
            for name in READOUTS
        },
        **{
            name: np.array([block.others.get(name, np.nan) for block in blocks], float)
            for name in dict.fromkeys(name for block in blocks for name in block.others)
        },
    }


def stream_arrays(live: LiveRun, seconds: float) -> dict[str, NDArray[Any]]:
    """Return the measures of a stream per piece, and answers to patterns per occurrence, as arrays."""
    answers = {f"patterns.{name}": array for name, array in pattern_answers(live.pieces.values()).items()}
    return {**stream_columns(live.pieces, seconds), **answers}


def as_table(columns: Mapping[str, Any], index: str | None = None) -> Any:
    """Return columns as a data frame, optionally indexed by one of them, or unchanged without pandas."""
    if find_spec("pandas") is None:
        return columns
    frame = import_module("pandas").DataFrame(columns)
    return frame if index is None else frame.set_index(index)


def metric_columns(metrics: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the accuracies of ``metrics.json`` by name, with 95 % Wilson interval and number of pictures."""
    columns = {name: _score(score) for name, score in metrics.get("accuracy", {}).items()}
    for baseline, result in metrics.get("baselines", {}).items():
        name = BASELINES.get(baseline, baseline.replace("_", " "))
        scores = {"": result} if "accuracy" in result else result
        columns |= {f"{name}: {readout}" if readout else name: _score(score) for readout, score in scores.items()}
    return columns


def live_columns(live: LiveRun) -> dict[str, dict[str, float]]:
    """Return the accuracies of an active run by name, without intervals."""
    return {
        name if source == "network" else source if name == "majority" else f"{source}: {name}": {"accuracy": value}
        for source, accuracy in live.metrics.items()
        for name, value in accuracy.items()
    }


def _score(score: Mapping[str, Any]) -> dict[str, float]:
    low, high = score["interval_95"]
    return {"accuracy": score["accuracy"], "low": low, "high": high, "n_images": score["n_images"]}


class NamedArrays(np.ndarray[Any, np.dtype[np.floating[Any]]]):
    """The read-only array of one projection or population, which also gives access to all others by name.

    It can be used like any array. With names as indices, it is a mapping: ``arrays["feed"]``, ``"feed" in
    arrays``, ``arrays.keys()``, ``dict(arrays)``; ``len`` and iteration are those of the array. Results of
    computations, slices and copies are plain arrays.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays by name of the projection or population; they become read-only.
    shown : str
        Name of the array that this object is; if there is none of that name, the first.
    """

    _arrays: dict[str, Floats]

    def __new__(cls, arrays: Mapping[str, Floats], shown: str) -> NamedArrays:
        """Return the array named `shown`."""
        for array in arrays.values():
            array.flags.writeable = False
        view = arrays[shown if shown in arrays else next(iter(arrays))].view(cls)
        view._arrays = dict(arrays)
        return view

    def __array_finalize__(self, of: Any) -> None:
        """Remove the names from arrays that NumPy derives from this one."""
        self._arrays = {}

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Return the result of a computation as a plain array or number."""
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __getitem__(self, key: Any) -> Any:
        """Return the array of a name, or an element or slice of this array.

        Raises
        ------
        StdpbenchError
            If there is no array of this name.
        """
        if not isinstance(key, str):
            return np.asarray(self)[key]
        if key not in self._arrays:
            raise StdpbenchError(f"there is no learned array {key!r}; {suggestion(key, self._arrays)}")
        return self._arrays[key]

    def __contains__(self, value: object) -> bool:
        """Return whether there is an array of this name, or the array has this value."""
        return value in self._arrays if isinstance(value, str) else bool((np.asarray(self) == value).any())

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._arrays.keys()

    def values(self) -> ValuesView[Floats]:
        """Return the arrays."""
        return self._arrays.values()

    def items(self) -> ItemsView[str, Floats]:
        """Return names and arrays."""
        return self._arrays.items()

    def copy(self, order: Any = "C") -> Any:
        """Return a plain array that can be written to."""
        return np.array(self, order=order)

    def __reduce__(self) -> Any:
        """Pickle the plain array."""
        return np.asarray(self).__reduce__()

    def __repr__(self) -> str:
        """Return the representation of the plain array."""
        return repr(np.asarray(self))
