"""The network of a run after its training, read from the run folder without its data."""

from __future__ import annotations

from dataclasses import dataclass

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Learned, shapes_in
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file, read_learned_files
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.changes import reached_position, stored_at
from stdpbench.runs.protocol.facts import Started


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The network of a run after training.

    Attributes
    ----------
    experiment : Experiment
        With the parameters at the end of training.
    graph : Graph
        The network as it is evaluated, with the shape of its input.
    learned : Learned
        Its learned arrays, as in a presentation.
    """

    experiment: Experiment
    graph: Graph
    learned: Learned


def trained_network(folder: RunFolder) -> TrainedNetwork:
    """Read the network of a run that has been trained.

    Raises
    ------
    StdpbenchError
        If it has not been trained yet, uses kinds that are not installed, or files are damaged.
    """
    records = read_journal(folder.path)
    started = next((record.fact for record in records if isinstance(record.fact, Started)), None)
    experiment = stored_at(folder.experiment, records, reached_position(records))
    name = folder.path.resolve().name
    if missing := experiment.missing_kinds:
        raise StdpbenchError(f"the network of {name} is not known: {' and '.join(missing)}")
    if started is None:
        raise StdpbenchError(f"{name} has not been started yet, so it has no network; `stdpbench resume` starts it")
    shapes = shapes_in(experiment, *started.shape)
    if not all((folder.path / learned_file(each)).is_file() for each in shapes):
        raise StdpbenchError(f"{name} has no weights after training yet; `stdpbench resume` continues its training")
    graph = experiment.evaluated.graph(*started.shape)
    return TrainedNetwork(experiment, graph, read_learned_files(folder, shapes))
