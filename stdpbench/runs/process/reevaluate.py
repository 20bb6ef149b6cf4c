"""Evaluate a trained network again, from its run folder."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import input_shape
from stdpbench.runs.catalog.access_log import note_reading
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder, remove_responses
from stdpbench.runs.folder.status import held
from stdpbench.runs.preparation.start import (
    arrays_at_start,
    fingerprint_at_start,
    load_split,
    normalised,
    trained_arrays,
)
from stdpbench.runs.process.assessment import AssessmentEvent, assess
from stdpbench.runs.protocol.changes import experiment_at, reached_position
from stdpbench.runs.protocol.facts import Remarked
from stdpbench.runs.protocol.options import Options


def evaluate_run(path: Path, options: Options) -> Generator[AssessmentEvent, None, dict[str, Any]]:
    """Label and test the network of a run folder again, with the parameters at its end.

    Yields
    ------
    Progress, Remarked, Labelled, LabelsRead, Measured
        Each `LabelsRead` is in the journal before it is yielded. Closing the generator early keeps the results of an
        earlier evaluation.

    Returns
    -------
    metrics : dict
        New contents of ``metrics.json``.

    Raises
    ------
    StdpbenchError
        If the folder has no trained network, or another process is working on it.
    """
    folder = RunFolder.open(path)
    with held(folder):
        about = folder.about
        options = replace(options, validation=folder.validation)
        start, records = folder.experiment, read_journal(folder.path)
        experiment = experiment_at(start, records, reached_position(records))
        if experiment.stream is not None:
            raise StdpbenchError(f"{path.name} is the run of a stream, which has no labels to evaluate it with")
        split = load_split(experiment, options.validation)
        fingerprint = fingerprint_at_start(start, experiment, split, options.validation)
        if about.get("data_sha256") not in (None, fingerprint):
            yield Remarked(
                "The pictures differ from those that trained this network: the data or their preparation changed."
            )
        shape = input_shape(experiment, split.train)
        trained = trained_arrays(folder, experiment, shape)
        simulator, remark = open_simulator(experiment, shape, options.simulator)
        if remark:
            yield Remarked(remark)
        try:
            simulator.set_learned(trained)
            training = folder.metrics.get("training", {})
            before = normalised(arrays_at_start(folder, start, split), simulator.graph)
            note = partial(note_reading, folder)  # all other results of an evaluation are in metrics.json
            metrics = yield from assess(simulator, experiment, split, folder, options, training, before, note)
            remove_responses(folder.path)
        finally:
            simulator.close()
    return metrics
