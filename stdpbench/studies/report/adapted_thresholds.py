"""Accuracy of the start weights of a run with adapted thresholds: the effect of homeostasis without learning.

All training pictures are shown to the start weights while thresholds adapt and weights do not change; then the network
is labelled and tested as the trained one. This takes as long as a training, so it is measured only on request, once,
and stored under a digest of all that it depends on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from stdpbench.declare.learned_names import is_delay, weights_of
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import Experiment, input_shape, n_presentations
from stdpbench.results.readout import READOUTS, assign, scores_of
from stdpbench.runs.process.training import train
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.evaluated_run import EvaluatedRun, key_of, store_measurement, stored_measurement
from stdpbench.studies.report.presentations import Presentation, Presenter
from stdpbench.studies.report.rows import Accuracy, stored_row

FILE = "adapted-thresholds.json"
NAME = "start weights with adapted thresholds"
_NO_LEARNING = {"kind": "custom", "title": "No learning", "on_output_spike": "w = w"}


def without_learning(experiment: Experiment) -> Experiment:
    """Return the same network with rules that change no weight; all else adapts as in training."""
    spelled = experiment.spelled_out()
    graph, tables = spelled.graph(), spelled.to_mapping()
    for name in graph.plastic:
        projection = tables["network"]["projections"][name]
        rule = graph.projections[name].plasticity
        if rule is not None:
            projection["plasticity"] = {**_NO_LEARNING, "w_max": rule.w_max}
    return Experiment.from_mapping(tables)


def why_not(run: EvaluatedRun) -> str:
    """Return why thresholds cannot be adapted alone in the network of a run; empty if they can."""
    if run.experiment.evaluation.thresholds == "start":
        return "in evaluation it has the thresholds from before learning"
    if not any(name not in _fixed(run) for name in run.learned):
        return "no threshold of this network adapts"
    return "delays of this network learn" if any(is_delay(name) for name in run.learned) else ""


def _fixed(run: EvaluatedRun) -> set[str]:
    return {weights_of(name) for name in run.experiment.graph().projections} & set(run.learned)


def measure(run: EvaluatedRun, simulator: str | None, workers: int, folder: Path) -> Iterator[Progress]:
    """Adapt the thresholds, label and test, and store the accuracies; do nothing if they are stored already.

    Parameters
    ----------
    run : EvaluatedRun
        The run.
    simulator : str or None
        Name of the simulator.
    workers : int
        Number of processes for labelling and testing.
    folder : Path
        Folder of `FILE`, which exists.
    """
    if stored_measurement(folder / FILE, _key(run)):
        return
    start = run.start_network()
    experiment = without_learning(run.start)
    simulation, _ = open_simulator(experiment, input_shape(experiment, run.split.train), simulator)
    try:
        simulation.set_learned(start)
        with closing(train(simulation, experiment, run.split.train)) as presented:
            total = n_presentations(experiment, len(run.split.train))
            for number, _ in enumerate(presented, 1):
                yield Progress("adapt thresholds", number, total)
        adapted = simulation.learned
    finally:
        simulation.close()
    thresholds = {name: values for name, values in adapted.items() if name not in _fixed(run)}
    networks = {NAME: Learned({**start, **thresholds})}
    images = {"label": run.label_images.unlabelled(), "test": run.split.test.unlabelled()}
    presentations = [Presentation(NAME, phase, len(images[phase])) for phase in images]
    counts = {}
    with Presenter(run.experiment, images, networks, simulator, workers) as presenter:
        for done, presentation, responses in presenter.present(presentations):
            if responses is not None:
                counts[presentation.phase] = responses.spike_counts
            yield Progress("adapted thresholds: label and test", done, sum(len(part) for part in images.values()))
    assignment = assign(counts["label"], run.label_labels, run.n_classes)
    scores = scores_of(counts["test"], assignment, run.test_labels)
    store_measurement(folder / FILE, _key(run), {name: value.to_mapping() for name, value in scores.items()})


def rows(run: EvaluatedRun, folder: Path) -> list[Accuracy]:
    """Return the stored accuracies; none if they have not been measured for this run."""
    if run.missing:  # the key cannot be computed
        return []
    stored, note = (
        stored_measurement(folder / FILE, _key(run)),
        "thresholds adapted to all training pictures, weights as at the start",
    )
    return [
        stored_row(run.start_group, f"{NAME}, {name}", stored[name], len(run.label_counts), note)
        for name in READOUTS
        if name in stored
    ]


def _key(run: EvaluatedRun) -> str:
    sizes = len(run.split.train), len(run.label_counts), len(run.test_counts)
    text = f"{run.start.digest} {run.experiment.digest} {run.part} {sizes}"
    return key_of(text, (run.test_labels, *run.start_network().values()))
