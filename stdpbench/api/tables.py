"""What is known of a run, as tables: pandas frames where pandas is installed, else dicts of arrays.

Both are read in the same way: ``history["mean_theta"]``, ``metrics["vote"]["accuracy"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stdpbench.readout import READOUTS
from stdpbench.runs.analysis.held_out_series import held_out_columns
from stdpbench.runs.protocol.live_run import LiveRun


class Change(NamedTuple):
    """A parameter that was changed, and the presentation from which on it held."""

    position: int
    path: str
    old: Any
    new: Any


class Entry(NamedTuple):
    """Something that happened: where in the run, when (ISO 8601, UTC), and what, as a sentence."""

    position: int
    time: str
    text: str


def history_arrays(live: LiveRun) -> dict[str, NDArray[Any]]:
    """Curves over training, one value per block of presentations.

    Returns
    -------
    dict of str to ndarray, (n_blocks,)
        ``position`` (int64), presentations that were over; ``spikes_per_image``, exc spikes per picture; ``repeats``,
        the share of pictures that were shown again; ``mean_theta``, mV, at the end of the block; ``weight_change``,
        mean over synapses of how far the weight moved in it; ``accuracy_vote`` and so on, running accuracy on
        training labels, NaN where it was not measured.
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
    }


def history_table(live: LiveRun) -> Any:
    """`history_arrays` as a frame with the position as its index, or as they are without pandas."""
    return _indexed(history_arrays(live))


def held_out_table(live: LiveRun) -> Any:
    """Columns of measures on held-out pictures, as a frame indexed by position or as plain arrays."""
    return _indexed(held_out_columns(live))


def _indexed(arrays: dict[str, NDArray[Any]]) -> Any:
    if find_spec("pandas") is None:
        return arrays
    return import_module("pandas").DataFrame(arrays).set_index("position")


def metric_columns(metrics: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """What ``metrics.json`` says of accuracies: name to accuracy, bounds of its 95 % Wilson interval, and pictures."""
    columns = {name: _score(score) for name, score in metrics.get("accuracy", {}).items()}
    for baseline, result in metrics.get("baselines", {}).items():
        name = baseline.replace("_", " ").replace("k means", "k-means")
        scores = {"": result} if "accuracy" in result else result
        columns |= {f"{name}: {readout}" if readout else name: _score(score) for readout, score in scores.items()}
    return columns


def live_columns(live: LiveRun) -> dict[str, dict[str, float]]:
    """The same as far as facts tell: without intervals."""
    return {
        name if what == "network" else what if name == "majority" else f"{what}: {name}": {"accuracy": value}
        for what, accuracy in live.metrics.items()
        for name, value in accuracy.items()
    }


def metrics_table(columns: dict[str, dict[str, float]]) -> Any:
    """Columns of metrics as a frame, or as they are without pandas."""
    return columns if find_spec("pandas") is None else import_module("pandas").DataFrame(columns)


def _score(score: Mapping[str, Any]) -> dict[str, float]:
    low, high = score["interval_95"]
    return {"accuracy": score["accuracy"], "low": low, "high": high, "n_images": score["n_images"]}
