"""What a run begins or goes on with: its newest whole checkpoint, its pictures, and its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stdpbench.datasets import Split
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import Checkpoint, is_linked, newest_checkpoint, tidy_checkpoints
from stdpbench.runs.folder.run_folder import RunFolder, versions
from stdpbench.runs.preparation.start import (
    check_brightness,
    check_weights,
    fingerprint_at_start,
    load_split,
    start_arrays,
)
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import COMPILING, GENERATING
from stdpbench.simulators import Simulator, lateral_memory, open_simulator, opening_takes


@dataclass(frozen=True, eq=False)
class Opened:
    """A run that can be gone on with.

    Attributes
    ----------
    simulator : Simulator
        With the weights and thresholds of the start.
    experiment : Experiment
        With the parameters that the checkpoint has in force.
    split : Split
        The pictures.
    checkpoint : Checkpoint or None
        What it goes on from; None at the beginning.
    remark : str
        A sentence where another simulator than the best was chosen; else empty.
    sentences : tuple of str
        What a person should know of how it goes on.
    """

    simulator: Simulator
    experiment: Experiment
    split: Split
    checkpoint: Checkpoint | None
    remark: str
    sentences: tuple[str, ...]


def open_network(
    folder: RunFolder, options: Options, n_facts: int, waiting: Callable[[str], None] = lambda reason: None
) -> Opened:
    """Read a run's checkpoint and pictures, and open its network.

    Parameters
    ----------
    folder : RunFolder
        The run, whose lock the caller holds.
    options : Options
        How it runs.
    n_facts : int
        Facts in its journal; a checkpoint that knows more of them is not of this journal.
    waiting : callable
        Told what it is that takes a while, before it does.

    Raises
    ------
    StdpbenchError
        If data, weights or network cannot be had; it says why.
    """
    tidy_checkpoints(folder.path)
    checkpoint, damage = newest_checkpoint(folder.path, n_facts=n_facts)
    start = folder.experiment
    experiment = start if checkpoint is None else Experiment.from_mapping(checkpoint.experiment)
    split = load_split(experiment, options.validation)
    check_weights(experiment, split)
    check_brightness(experiment, split)
    said = folder.read_json("run.json")
    name = said.get("simulator", options.simulator)
    if work := opening_takes(experiment, split.train.n_input, name):
        waiting({"compile": COMPILING, "generate": GENERATING}[work])
    simulator, remark = open_simulator(experiment, split.train.n_input, name)
    print_of_data = fingerprint_at_start(start, experiment, split, options.validation)
    known = said.get("data_sha256", print_of_data)
    folder.update_run(simulator=simulator.name, data_sha256=known)
    simulator.set_learned(start_arrays(folder, start, split))
    sentences = list(damage)
    if is_linked(folder.path):
        sentences.append("The folder checkpoints is a link, so checkpoints that are no longer needed are not removed.")
    if lateral := lateral_memory(simulator.layout):
        sentences.append(
            f"Lateral inhibition has a weight for each of {simulator.layout.n_exc}² pairs of exc neurons: "
            f"{lateral / 2**20:.1f} MiB in every process that holds the network."
        )
    if known != print_of_data:
        sentences.append("The pictures are not those that this run began with: data or their preparation changed.")
    if checkpoint is not None and checkpoint.versions != versions():
        sentences.append("Versions of Python or packages are not those of the checkpoint, so numbers may differ.")
    return Opened(simulator, experiment, split, checkpoint, remark, tuple(sentences))
