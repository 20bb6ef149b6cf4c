"""Read the input of the check of chips (`stdpbench.bridges.hardware`) from a run folder. Simulates nothing."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.files import DAMAGE
from stdpbench.bridges.hardware import Activity, ChipCheck, Needs, check, chips, needs_of
from stdpbench.experiment import encode
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.start import load_split
from stdpbench.studies.report.evaluated_run import TrainedNetwork, trained_network

ENCODED = 100
"""Stimuli whose input spikes are counted."""


def check_run(folder: RunFolder, targets: tuple[str, ...] = ()) -> list[ChipCheck]:
    """Compare the network of a run with chips.

    Parameters
    ----------
    folder : RunFolder
        A run whose network has been trained.
    targets : tuple of str
        Names of chips; empty: all known ones.

    Raises
    ------
    StdpbenchError
        If there is no such chip, or the run has no trained network.
    """
    chosen = [chips.get(name, "target") for name in targets] or list(chips.usable().values())
    network = trained_network(folder)
    needs = needs_of(network.graph, network.learned)
    activity = _activity(folder, network, needs)
    return [check(needs, chip, activity) for chip in chosen]


def _activity(folder: RunFolder, network: TrainedNetwork, needs: Needs) -> Activity:
    """Return the spikes that the run has stored, those of its input, and those that a report has measured."""
    experiment, spikes, origin = network.experiment.evaluated, dict[str, NDArray[np.float64]](), dict[str, str]()
    currents = experiment.encoding.currents
    if experiment.stream is not None:
        return Activity(missing="a stream has no stimuli")
    if not (folder.path / "test.npz").is_file():
        return Activity(missing="the run has not been evaluated yet", currents=currents)
    counts, attempts = folder.read_arrays("test.npz", "spike_counts", "attempts")
    if len(counts):
        spikes[needs.read] = counts.mean(axis=0, dtype=np.float64)
        origin[needs.read] = f"responses to {len(counts)} evaluated stimuli"
    if currents:
        origin[needs.input] = "it is shown as currents, without spikes"
    elif needs.input and len(counts) and not experiment.data.missing:
        stimuli = load_split(experiment, folder.validation).test.unlabelled()
        shown = min(ENCODED, len(attempts), len(stimuli))
        totals = np.zeros(network.graph.populations[needs.input].size)
        for number in range(shown):
            shown_spikes = encode(experiment, stimuli, "test", number, int(attempts[number]) - 1, number)
            totals += np.bincount(shown_spikes.index, minlength=len(totals))
        spikes[needs.input] = totals / shown
        origin[needs.input] = f"input of the first {shown} of them"
        if experiment.encoding.graded:
            origin[needs.input] += "; only a chip with graded spikes can take their factors, which are not compared"
    for projection, operations in _reported(folder).items():
        needed = needs.projections.get(projection)
        if needed is None or needed.source in origin or not needed.fan_out.any():
            continue
        n_neurons = len(needed.fan_out)
        spikes[needed.source] = np.full(n_neurons, operations / (needed.fan_out.sum() + needed.n_zero))
        origin[needed.source] = "the report of the run, spread evenly over neurons"
    return Activity(spikes, origin, experiment.stimulus_bins, currents=currents)


def _reported(folder: RunFolder) -> dict[str, float]:
    """Return synaptic operations of each projection that a report has measured; empty without one."""
    try:
        report = json.loads((folder.path / "report" / "report.json").read_text(encoding="utf-8"))
        (run,) = (row for row in report["runs"] if row["run"] == folder.path.resolve().name)
        return {str(name): float(value) for name, value in run["cost"]["by_projection"].items()}
    except (*DAMAGE, OSError, KeyError, TypeError, AttributeError):
        return {}
