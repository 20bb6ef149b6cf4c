"""Setup of a run: load its newest intact checkpoint and its pictures, and open its network.

It also computes digests of what results depend on besides experiment, parameter changes and seed: the data, and the
code that runs a network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from stdpbench.base.files import code_digest
from stdpbench.data.datasets import Split
from stdpbench.engine.simulators import Simulator, open_simulator, opening_takes, projection_memory
from stdpbench.experiment import Experiment, graph_for, input_shape, n_cut
from stdpbench.results.readout import readouts
from stdpbench.runs.folder.checkpoints import Checkpoint, is_linked, newest_checkpoint, tidy_checkpoints
from stdpbench.runs.folder.learned_arrays import start_files, write_learned_files
from stdpbench.runs.folder.run_folder import RunFolder, versions
from stdpbench.runs.folder.weights_origin import Origin, origin_of
from stdpbench.runs.preparation.start import (
    arrays_at_start,
    check_brightness,
    check_budget,
    check_weights,
    fingerprint_at_start,
    load_split,
)
from stdpbench.runs.process.homeostasis import rounded_to_zero
from stdpbench.runs.process.supervised import check_task, sentence_on_labels
from stdpbench.runs.protocol.facts import Dependencies, Record
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import COMPILING, GENERATING

_CODE = (
    *("base", "declare", "data", "kinds", "experiment", "engine"),
    *("results/readout", "runs/preparation", "runs/presentation", "runs/process"),
)
"""Folders of this package on which results depend."""


def dependencies(experiment: Experiment, data: str) -> Dependencies:
    """Return the current dependencies of a run.

    Those of a package from elsewhere are its files, its version, and the equations of its classes, which may use
    modules and tables beside it.

    Parameters
    ----------
    experiment : Experiment
        The experiment with its active rules.
    data : str
        SHA-256, hexadecimal, of the data.
    """
    kinds = [*_kinds([experiment, *_elements(experiment)]), *readouts.usable().values()]
    texts: dict[str, set[str]] = {}
    for kind in kinds:
        members = {f"{name} = {value}" for name, value in vars(kind).items() if isinstance(value, str)}
        texts.setdefault(kind.__module__.partition(".")[0], set()).update(members)
    digests = {
        package: sha256(
            "\n".join([code_digest(*_files_of(package)), _versions_of(package), *sorted(texts[package])]).encode()
        ).hexdigest()
        for package in sorted(texts)
        if package != "stdpbench"
    }
    return Dependencies({"data": data, "stdpbench": _code_digest(), **digests})


@cache
def _code_digest() -> str:
    root = Path(__file__).resolve().parents[2]
    return code_digest(*(root / name for name in _CODE))


def differences(records: Sequence[Record], present: Dependencies) -> list[str]:
    """Return a sentence for each dependency that differs from those last recorded."""
    recorded = last_recorded(records)
    if recorded is None:
        return []
    changed = [name for name, digest in present.digests.items() if recorded.digests.get(name, digest) != digest]
    return [
        "The pictures differ from those at the start of the run: the data or their preparation changed."
        if name == "data"
        else f"The code or the version of {name} differs from that recorded in the journal, so results from here on "
        "may differ."
        for name in changed
    ]


def last_recorded(records: Sequence[Record]) -> Dependencies | None:
    """Return the dependencies last recorded in a journal."""
    facts = (record.fact for record in reversed(records))
    return next((fact for fact in facts if isinstance(fact, Dependencies)), None)


def _elements(experiment: Experiment) -> list[Any]:
    graph = experiment.graph()
    return [*map(vars, graph.populations.values()), *map(vars, graph.projections.values())]


def _kinds(value: Any) -> Iterator[type]:
    """Yield the classes of all declared kinds within a value."""
    if isinstance(value, BaseModel):
        yield type(value)
        value = vars(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _kinds(item)


def _files_of(package: str) -> tuple[Path, ...]:
    file = getattr(sys.modules.get(package), "__file__", None)
    if file is None:
        return ()
    return (Path(file).parent if Path(file).name == "__init__.py" else Path(file),)


def _versions_of(package: str) -> str:
    """Return the versions of the distributions that announce kinds in a package."""
    return ", ".join(
        sorted(
            f"{distribution.name} {distribution.version}"
            for distribution in distributions()
            if any(point.module.partition(".")[0] == package for point in distribution.entry_points)
        )
    )


_ORIGINS = {
    Origin.LABELS: "Supervised: the initial weights of this network were trained with labels.",
    Origin.UNKNOWN: "The origin of the initial weights is unknown: they may have been trained with labels.",
}


@dataclass(frozen=True, eq=False)
class Setup:
    """A run that is ready to start or to continue.

    Attributes
    ----------
    simulator : Simulator
        The network, with its initial weights and thresholds.
    experiment : Experiment
        The experiment with the parameters of the checkpoint.
    split : Split
        The pictures.
    checkpoint : Checkpoint or None
        The checkpoint to continue from; None for a new run.
    remark : str
        A sentence if a simulator other than the preferred one was chosen; else empty.
    sentences : tuple of str
        Sentences for the user about the setup.
    dependencies : Dependencies
        Digests of what results depend on besides experiment, parameter changes and seed.
    """

    simulator: Simulator
    experiment: Experiment
    split: Split
    checkpoint: Checkpoint | None
    remark: str
    sentences: tuple[str, ...]
    dependencies: Dependencies


def open_network(
    folder: RunFolder,
    options: Options,
    records: Sequence[Record],
    waiting: Callable[[str], None] = lambda reason: None,
) -> Setup:
    """Read a run's checkpoint and pictures, and open its network.

    Parameters
    ----------
    folder : RunFolder
        The run, whose lock the caller holds.
    options : Options
        Options of the run.
    records : sequence of Record
        Facts in its journal; checkpoints preceded by more facts are skipped.
    waiting : callable
        Called with a description of the step before code generation or compilation.

    Raises
    ------
    StdpbenchError
        If data, weights or network are not available.
    """
    tidy_checkpoints(folder.path)
    checkpoint, damage = newest_checkpoint(folder.path, n_facts=len(records))
    start = folder.experiment
    experiment = start if checkpoint is None else Experiment.from_mapping(checkpoint.experiment)
    split = load_split(experiment, options.validation)
    check_budget(experiment, split)
    check_weights(experiment, split)
    check_brightness(experiment, split)
    check_task(experiment, split)
    about = folder.about
    name = about.get("simulator", options.simulator)
    if work := opening_takes(graph_for(experiment, split.train), name):
        waiting({"compile": COMPILING, "generate": GENERATING}[work])
    simulator, remark = open_simulator(experiment, input_shape(experiment, split.train), name)
    simulator.check_graph(experiment.evaluated.graph(*simulator.layout.input_shape))  # now, not after training
    depends_on = dependencies(experiment, fingerprint_at_start(start, experiment, split, options.validation))
    if simulator.graph.file is not None and not start_files(folder.path):  # only the file knows them
        write_learned_files(folder, simulator.learned, start=True)
    simulator.set_learned(arrays_at_start(folder, start, split))
    sentences = list(damage)
    if is_linked(folder.path):
        sentences.append("The folder checkpoints is a link, so checkpoints that are no longer needed are not removed.")
    for projection in simulator.layout.projections.values():
        if projection.at_end and projection.dense:
            sentences.append(
                f"Lateral inhibition has {projection.target.size}² weights, one per pair of {projection.target.name} "
                f"neurons: {projection_memory(projection) / 2**20:.1f} MiB in each process with the network."
            )
    if checkpoint is None and experiment.reference.trains:
        sentences.append(sentence_on_labels(experiment, split))
    elif checkpoint is None and (sentence := _ORIGINS.get(origin_of(folder.path), "")):
        sentences.append(sentence)
    if checkpoint is None:
        sentences += rounded_to_zero(simulator.graph, experiment, simulator.learned)
    for origin in ("from", "nir", "weights"):
        if checkpoint is None and (remark_of_start := about.get(origin, {}).get("remark")):
            sentences.append(remark_of_start)
    for part, shown in (("training", split.train), ("evaluated", split.test)):
        if cut := n_cut(experiment, shown):
            sentences.append(
                f"{cut} of {len(shown)} {part} {shown.noun}s last longer than schedule.stimulus "
                f"({experiment.schedule.stimulus:g} ms); the rest of them is not shown."
            )
    sentences += differences(records, depends_on)
    if checkpoint is not None and checkpoint.versions != versions():
        sentences.append("Versions of Python or packages differ from those of the checkpoint, so results may differ.")
    return Setup(simulator, experiment, split, checkpoint, remark, tuple(sentences), depends_on)
