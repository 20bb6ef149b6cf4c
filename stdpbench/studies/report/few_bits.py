"""Accuracy of a finished run with weights of few bits: the evaluated stimuli are shown again, without learning.

The run does not change: neither its weights nor its results nor the classes of its neurons.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.rounding import checked_bits
from stdpbench.results.readout import readouts
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.build import default_workers_of, record_access
from stdpbench.studies.report.disturbances import Disturbance
from stdpbench.studies.report.evaluated_run import load_run
from stdpbench.studies.report.presentations import Presentation, Presenter

ALL_BITS = "all"
"""Name of weights that are not rounded."""


def measure_bits(
    folder: RunFolder,
    bits: Sequence[int],
    rounding: str | None = None,
    workers: int = 0,
    simulator: str | None = None,
) -> Generator[Progress, None, dict[str, Any]]:
    """Show the evaluated stimuli to the network with rounded weights.

    Parameters
    ----------
    folder : RunFolder
        A finished run.
    bits : sequence of int
        Numbers of bits, 1 to 24; measuring each takes as long as the test. If weights have both signs, one bit is the
        sign.
    rounding : {"nearest", "stochastic"}, optional
        Rounding of weights. Default: that of the experiment (``simulator.weight_rounding``).
    workers : int
        Number of processes; 0: as many as processors and memory allow.
    simulator : str, optional
        Default: that of the run.

    Yields
    ------
    Progress
        Closing the generator early ends the measurement.

    Returns
    -------
    dict
        ``rounding``, ``part`` of the data, ``n_images``, ``supervised`` (whether the weights were trained with labels;
        None if that is not known), and ``accuracy``: by number of bits as text, or ``"all"``,
        then by read-out, from 0 to 1. For a network trained with labels, only the vote.

    Raises
    ------
    StdpbenchError
        If a number of bits is out of range, there is no such rounding, or the run is not finished.
    """
    numbers_of_bits = list(dict.fromkeys(checked_bits(n_bits) for n_bits in bits))
    run = load_run(folder, "a test with few bits")
    rounding = run.experiment.simulator.weight_rounding if rounding is None else rounding
    kinds = {"nearest": "bits", "stochastic": "stochastic-bits"}
    if rounding not in kinds:
        raise StdpbenchError(f"the rounding must be nearest or stochastic, not {rounding!r}")
    if run.missing:
        raise StdpbenchError(f"{run.name}: {' and '.join(run.missing)}, so its network cannot be simulated again")
    n, labels, assignment = len(run.test_counts), run.test_labels, run.assignment()

    def accuracies(counts: NDArray[np.uint16]) -> dict[str, float]:
        answers = {name: readouts.get(name)().predict(counts, assignment) for name in run.readouts}
        return {name: float((answer == labels).mean()) for name, answer in answers.items()}

    record_access(run, "weights of few bits")
    measured = {ALL_BITS: accuracies(run.test_counts)}
    presentations = {
        Presentation("trained", "test", n, 0, Disturbance(kinds[rounding], n_bits)): n_bits
        for n_bits in numbers_of_bits
    }
    pictures = {"test": run.split.test.unlabelled()}
    workers = workers or default_workers_of(run)
    simulator = simulator or run.metadata.get("simulator")
    yield Progress("rounded weights", 0, n * len(numbers_of_bits))
    with Presenter(run.experiment, pictures, {"trained": run.learned}, simulator, workers) as presenter:
        for done, presentation, responses in presenter.present(list(presentations)):
            if responses is not None:
                measured[str(presentations[presentation])] = accuracies(responses.spike_counts)
            yield Progress("rounded weights", done, n * len(numbers_of_bits))
    ordered = {name: measured[name] for name in (ALL_BITS, *map(str, numbers_of_bits))}
    about = {"rounding": rounding, "part": run.part, "n_images": n, "supervised": run.weights_origin.supervised}
    return {**about, "accuracy": ordered}
