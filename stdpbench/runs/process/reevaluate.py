"""Evaluate a trained network again, from its run folder."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from stdpbench.runs.catalog.access_log import note_reading
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder, remove_responses
from stdpbench.runs.folder.status import held
from stdpbench.runs.preparation.start import fingerprint_at_start, load_split, normalised, start_arrays, trained_arrays
from stdpbench.runs.process.assessment import AssessmentEvent, assess
from stdpbench.runs.protocol.changes import experiment_at, reached_position
from stdpbench.runs.protocol.facts import LabelsRead, Remarked
from stdpbench.runs.protocol.options import Options
from stdpbench.simulators import open_simulator


def evaluate_run(path: Path, options: Options) -> Generator[AssessmentEvent, None, dict[str, Any]]:
    """Label and test the network of a run folder again, with the parameters that were in force at its end.

    Yields
    ------
    Progress, Remarked, Labelled, LabelsRead, Measured
        Readings of labels are in the journal before they are told.
        Closing the generator in its middle leaves what an earlier evaluation wrote.

    Returns
    -------
    metrics : dict
        What ``metrics.json`` holds then.

    Raises
    ------
    StdpbenchError
        If there is no trained network in it, or another process is at work on it.
    """
    folder = RunFolder.open(path)
    with held(folder):
        said = folder.read_json("run.json")
        options = replace(options, validation=bool(said.get("validation", False)))
        start, records = folder.experiment, read_journal(folder.path)
        experiment = experiment_at(start, records, reached_position(records))
        split = load_split(experiment, options.validation)
        print_of_data = fingerprint_at_start(start, experiment, split, options.validation)
        if said.get("data_sha256") not in (None, print_of_data):
            yield Remarked(
                "The pictures are not those that this network was trained with: data or their preparation changed."
            )
        n_input = split.train.n_input
        trained = trained_arrays(folder, experiment, n_input)
        simulator, remark = open_simulator(experiment, n_input, options.simulator)
        if remark:
            yield Remarked(remark)
        try:
            simulator.set_learned(trained)
            training: dict[str, Any] = {}
            if (folder.path / "metrics.json").is_file():
                training = folder.read_json("metrics.json").get("training", {})
            before = start_arrays(folder, start, split)
            before = before._replace(w=normalised(before.w, experiment))
            metrics = yield from _journaled(
                folder, assess(simulator, experiment, split, folder, options, training, before)
            )
            remove_responses(folder.path)
        finally:
            simulator.close()
    return metrics


def _journaled(
    folder: RunFolder, told: Generator[AssessmentEvent, None, dict[str, Any]]
) -> Generator[AssessmentEvent, None, dict[str, Any]]:
    """Write readings of labels down; all else of an evaluation stands in ``metrics.json``."""
    with closing(told):
        while True:
            try:
                event = next(told)
            except StopIteration as end:
                metrics: dict[str, Any] = end.value
                return metrics
            if isinstance(event, LabelsRead):
                note_reading(folder, event)
            yield event
