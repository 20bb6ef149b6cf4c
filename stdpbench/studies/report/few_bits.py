"""Accuracy of a finished run with weights of few bits: the evaluated stimuli are shown again, without learning.

The run itself stays as it is: its weights, its results, and which neuron stands for which class.
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
"""Name of the weights as they are."""


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
        Numbers of bits, 1 to 24, each of which takes as long as the test. Where weights have both signs, the sign
        takes one of them.
    rounding : {"nearest", "stochastic"}, optional
        How weights are rounded. Default: as the experiment declares (``simulator.weight_rounding``).
    workers : int
        Number of processes; 0: as many as processors and memory allow.
    simulator : str, optional
        Default: that of the run.

    Yields
    ------
    Progress
        Closing the generator early leaves nothing behind.

    Returns
    -------
    dict
        ``rounding``, ``part`` of the data, ``n_images``, ``supervised`` (whether the weights were trained with labels;
        None if that is not known), and ``accuracy``: by number of bits as text, or ``"all"``,
        then by read-out, from 0 to 1. A network that labels have trained has the vote alone.

    Raises
    ------
    StdpbenchError
        If a number of bits is out of range, there is no such rounding, or the run is not finished.
    """
    wanted = list(dict.fromkeys(checked_bits(each) for each in bits))
    run = load_run(folder, "a test with few bits")
    rounding = run.experiment.simulator.weight_rounding if rounding is None else rounding
    kinds = {"nearest": "bits", "stochastic": "stochastic-bits"}
    if rounding not in kinds:
        raise StdpbenchError(f"the rounding must be nearest or stochastic, not {rounding!r}")
    if run.missing:
        raise StdpbenchError(f"{run.name}: {' and '.join(run.missing)}, so its network cannot be simulated again")
    n, labels, assignment = len(run.test_counts), run.test_labels, run.assignment()

    def accuracies(counts: NDArray[np.uint16]) -> dict[str, float]:
        answers = {each: readouts.get(each)().predict(counts, assignment) for each in run.readouts}
        return {each: float((answer == labels).mean()) for each, answer in answers.items()}

    record_access(run, "weights of few bits")
    found = {ALL_BITS: accuracies(run.test_counts)}
    presentations = {
        Presentation("trained", "test", n, 0, Disturbance(kinds[rounding], each)): each for each in wanted
    }
    pictures = {"test": run.split.test.unlabelled()}
    workers = workers or default_workers_of(run)
    simulator = simulator or run.metadata.get("simulator")
    yield Progress("rounded weights", 0, n * len(wanted))
    with Presenter(run.experiment, pictures, {"trained": run.learned}, simulator, workers) as presenter:
        for done, presentation, responses in presenter.present(list(presentations)):
            if responses is not None:
                found[str(presentations[presentation])] = accuracies(responses.spike_counts)
            yield Progress("rounded weights", done, n * len(wanted))
    ordered = {name: found[name] for name in (ALL_BITS, *map(str, wanted))}
    about = {"rounding": rounding, "part": run.part, "n_images": n, "supervised": run.weights_origin.supervised}
    return {**about, "accuracy": ordered}
