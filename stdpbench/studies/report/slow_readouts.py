"""Slow read-outs: of spike times, and supervised ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout import Assignment, Known, SpikeTrains, timed_readouts
from stdpbench.results.readout.supervised import grey, linear_probe, nearest_neighbours, rooted
from stdpbench.studies.report.evaluated_run import EvaluatedRun
from stdpbench.studies.report.rows import Accuracy, accuracy_row

TIMED = ("first-spike", "van-rossum", "victor-purpura")
MOST_KNOWN = 20_000
"""Maximum number of labelled pictures for supervised read-outs; more would take minutes."""


def timed_rows(
    run: EvaluatedRun, assignment: Assignment, label: SpikeTrains, test: SpikeTrains, note: str = ""
) -> Iterator[Accuracy]:
    """Yield accuracies of read-outs of spike times.

    Parameters
    ----------
    run : EvaluatedRun
        The run.
    assignment : Assignment
        Classes of its neurons.
    label, test : SpikeTrains
        Spikes of the first labelled and of the first evaluated pictures.
    note : str
        Remark for these rows.
    """
    group = "supervised" if run.group == "supervised" else "timed"
    n, known = len(test), Known(label, run.label_labels[: len(label)], assignment)
    for kind in TIMED:
        answers = timed_readouts.get(kind)().predict(test, known)
        yield accuracy_row(group, kind, answers, run.test_labels[:n], len(label), note)


def supervised_rows(run: EvaluatedRun) -> Iterator[Accuracy]:
    """Yield accuracies of linear probe and nearest neighbours, on responses and on pixels."""
    labels, n_classes = run.label_labels, run.n_classes
    pairs: tuple[tuple[str, Callable[[Any], NDArray[np.float32]], Any, Any], ...] = (
        ("responses", rooted, run.label_counts, run.test_counts),
        (run.split.test.static_name, grey, run.label_images.static, run.split.test.static),
    )
    for of, make, known, evaluated in pairs:
        for name, reader in (("linear probe", linear_probe), ("nearest neighbours", nearest_neighbours)):
            few = min(len(known), MOST_KNOWN)
            answers = reader(make(known[:few]), labels[:few], make(evaluated), n_classes)
            yield accuracy_row("supervised", f"{name} on {of}", answers, run.test_labels, few)
