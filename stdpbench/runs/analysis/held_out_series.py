"""Measures on held-out pictures over training, as columns, and as percentages for a common plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment import Experiment
from stdpbench.results.readout.held_out import MEASURES
from stdpbench.runs.protocol.live_run import LiveRun

USUAL: Final = ("accuracy_vote", "purity", "nmi", "neuron_purity")
"""Measures that are plotted by default."""
_OF = {"share": "%", "bit": "% of all classes alike", "neurons": "% of neurons", "clusters": "% of neurons"}
PERCENT: Final[Mapping[str, str]] = {
    name: f"{measure.title} ({_OF[measure.unit]})" for name, measure in MEASURES.items() if measure.unit in _OF
}
"""Measures that can be expressed in per cent, with their titles."""


def held_out_columns(live: LiveRun) -> dict[str, NDArray[Any]]:
    """Return the measures on held-out pictures, one value per position of measurement.

    Returns
    -------
    dict of str to ndarray, (n,)
        ``position`` and ``images`` (int64), followed by those measures of
        `stdpbench.results.readout.held_out.MEASURES` that were taken, float64, NaN where undefined.
    """
    positions = sorted(live.held_out)
    measured = [live.held_out[position] for position in positions]
    names = dict.fromkeys(name for fact in measured for name in fact.values)
    return {
        "position": np.array(positions, np.int64),
        "images": np.array([fact.images for fact in measured], np.int64),
        **{name: np.array([_number(fact.values.get(name)) for fact in measured], float) for name in names},
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _n_read(experiment: Mapping[str, Any]) -> float:
    """Return the number of neurons of the population that is read; NaN if not known."""
    network = experiment["network"]
    if "n_exc" in network:  # of Diehl & Cook's network: without the time to check all parameters
        return float(network["n_exc"])
    made = Experiment.from_mapping(experiment, stand_ins=True)
    return math.nan if made.missing_kinds else float(made.graph().n_read)


def percentages(live: LiveRun) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return measures in per cent (`PERCENT`) by name, as presentations and values; unknown values are omitted.

    Numbers of neurons are relative to all neurons, and label entropy relative to that of a neuron that responds
    equally to all classes.
    """
    if live.started is None:
        return {}
    columns = held_out_columns(live)
    n_exc = _n_read(live.started.experiment)
    max_entropy = math.log2(len(live.started.class_names)) if len(live.started.class_names) > 1 else 1.0
    maximum = {"share": 1.0, "bit": max_entropy, "neurons": n_exc, "clusters": n_exc}
    found = {}
    for name in PERCENT:
        if name in columns:
            values = 100 * columns[name] / maximum[MEASURES[name].unit]
            known = np.isfinite(values)
            found[name] = (columns["position"][known].astype(float), values[known])
    return found
