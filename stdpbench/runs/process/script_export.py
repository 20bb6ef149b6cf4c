"""Write the training of an experiment as a plain Brian2 script."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import check_target, write_aside, write_text_aside
from stdpbench.bridges.brian_script import Shown, script, unsupported
from stdpbench.data.datasets import Split
from stdpbench.engine.network import start_arrays
from stdpbench.engine.simulators import Simulator, open_simulator
from stdpbench.experiment import Experiment, encode, input_shape, n_bins
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.weights.constant import Constant
from stdpbench.runs.folder.run_folder import RunFolder, versions
from stdpbench.runs.preparation.start import arrays_at_start, load_split, trained_arrays
from stdpbench.runs.presentation.frozen import noise_of
from stdpbench.runs.process.homeostasis import threshold_decays
from stdpbench.runs.process.training import Training

PRESENTATIONS = 100
SECONDS = 10
"""Length of the part of a stream that is written by default."""


@dataclass(frozen=True)
class ScriptExport:
    """What was written.

    Attributes
    ----------
    script, arrays : Path
        The files.
    presentations : int
        Number of presentations, repeated ones included.
    spikes : int
        Spikes of the population that is read, in all of them.
    population : str
        This population.
    remark : str
        Why there are fewer presentations than asked for; else empty.
    noun : str
        What a presentation is called.
    """

    script: Path
    arrays: Path
    presentations: int
    spikes: int
    population: str
    remark: str
    noun: str

    @property
    def sentence(self) -> str:
        """What was written, for a terminal."""
        n = self.presentations
        what = f"{self.script} and {self.arrays.name}: {n} {self.noun}{'s' if n > 1 else ''}"
        return f"{what}, in which stdpbench counts {self.spikes} spikes of {self.population}{self.remark}"


def export_script(
    source: Experiment | RunFolder,
    target: Path,
    *,
    presentations: int | None = None,
    replace: bool = False,
    simulator: str | None = None,
) -> ScriptExport:
    """Write the first training presentations of an experiment or run as a plain Brian2 script, and its arrays.

    Parameters
    ----------
    source : Experiment or RunFolder
        The experiment; of a run, the experiment and the weights at its start, and what it has learned in addition.
    target : Path
        The script, in an existing folder; its name ends with ``.py``. Arrays are written beside it, ``.npz``.
    presentations : int, optional
        Number of stimuli, or of pieces of a stream, at least 1; fewer if projections begin to learn later. Default:
        100, or the pieces of 10 s.
    replace : bool
        Whether to replace existing files.
    simulator : {"compiled", "runtime"}, optional
        Simulator that says when a stimulus is shown again.

    Raises
    ------
    StdpbenchError
        If a plain script cannot express the network, or the files cannot be written.
    """
    arrays_file = target.with_suffix(".npz")
    check_target(target, replace=replace, suffix=".py")
    check_target(arrays_file, replace=replace, suffix=".npz")
    experiment = source if isinstance(source, Experiment) else source.experiment
    if experiment.reference.trains:
        raise StdpbenchError(
            f"{experiment.name} is a reference that labels train; only networks that learn by rules can be written as "
            "a script"
        )
    split = load_split(experiment, isinstance(source, RunFolder) and source.validation)
    graph = experiment.graph(*input_shape(experiment, split.train))
    if sentences := [*unsupported(graph, graph.plastic)]:
        raise StdpbenchError(f"there is no plain Brian2 script of {experiment.name}: {'; '.join(sentences)}")
    piece = experiment.schedule.piece
    noun = "training presentation" if piece is None else "piece"
    if presentations is None:
        presentations = PRESENTATIONS if piece is None else ceil(SECONDS / piece)
    exact = experiment.override({"simulator.precision": "float64"})
    opened, _ = open_simulator(exact, input_shape(exact, split.train), simulator)
    try:
        if isinstance(source, RunFolder):
            opened.set_learned(arrays_at_start(source, exact, split))
        else:
            opened.set_learned(start_arrays(exact, split.train))
        material = _Material(opened, exact, split, presentations)
    finally:
        opened.close()
    arrays = material.arrays
    if isinstance(source, RunFolder) and source.metrics:
        learned = trained_arrays(source, experiment, input_shape(experiment, split.train))
        arrays |= {f"learned {name}": np.asarray(values) for name, values in learned.items()}
    later = [name for name in graph.plastic if name not in material.plastic]
    waiting = f" {', '.join(later)} {'begins' if len(later) == 1 else 'begin'} to learn later." if later else ""
    shorter = f"; that is all before {', '.join(later)} begin to learn" if later and material.cut else ""
    origin = (
        f"{material.n} {noun}s of the experiment {experiment.name} in plain Brian2.\n"
        f"{arrays_file.name} has the neuron and the step of each input spike, `first`, where each {noun.split()[-1]}\n"
        "begins among them, its number of steps, and what weights, delays, connections and thresholds start with.\n"
        f"Written by stdpbench {versions()['stdpbench']}, which counts {material.spikes} spikes of {graph.read}; "
        f"so should this script.{waiting}"
    )
    shown = Shown(
        title=f"{experiment.about.title or experiment.name}.",
        origin=origin,
        arrays=arrays_file.name,
        plastic=material.plastic,
        decays=material.decays,
        reset=experiment.schedule.between == "reset",
        noises=material.noises,
        every=_every(graph, material.plastic, piece),
    )
    text = script(graph, material.weights, shown)
    write_aside(arrays_file, lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]
    write_text_aside(target, text)
    return ScriptExport(target, arrays_file, material.n, material.spikes, graph.read, shorter, noun)


def _every(graph: Graph, plastic: Collection[str], piece: float | None) -> dict[str, int]:
    """Return after how many pieces of a stream the rules of projections act that act periodically."""
    every = {}
    for name in plastic:
        rule = graph.projections[name].plasticity
        if rule is None or not rule.periodically or piece is None:
            continue
        pieces = rule.quantities()[rule.period_name] / piece
        if abs(pieces - round(pieces)) > 1e-9:
            raise StdpbenchError(
                f"the rule of {name} acts once per {rule.period_name}, which must be a multiple of schedule.piece "
                f"({piece:g} s) in a script"
            )
        every[name] = round(pieces)
    return every


class _Material:
    """What a script needs besides the graph, and what the workbench does with it."""

    def __init__(self, simulator: Simulator, experiment: Experiment, split: Split, presentations: int) -> None:
        graph = simulator.graph
        self.arrays: dict[str, NDArray[Any]] = {}
        self.spikes = 0
        shown, lengths, noise = list[Spikes](), list[int](), list[dict[str, Spikes]]()
        with closing(Training(simulator, experiment, split.train)) as training:
            training.sample()
            self.plastic = frozenset(training.plastic)
            self.weights = {name: self._weights(simulator, name) for name in graph.projections}
            self._note_start(simulator)
            while (
                training.position < min(presentations, training.total) and frozenset(training.plastic) == self.plastic
            ):
                presented = training.step()
                if training.divergence:
                    raise StdpbenchError(training.divergence)
                bins = n_bins(experiment, split.train, presented.image)
                for attempt in range(presented.attempts):
                    number, image = presented.presentation, presented.image
                    shown.append(encode(experiment, split.train, "train", number, attempt, image))
                    lengths.append(bins + experiment.rest_bins)
                    noise.append(noise_of(graph, experiment, "train", number, attempt, lengths[-1]))
                self.spikes += int(presented.total_spikes.sum())  # in all attempts
            self.cut = training.position < min(presentations, training.total)
        if any(spikes.factor is not None for spikes in shown):
            raise StdpbenchError(f"{experiment.name}: spikes of its input have factors, which a plain script has not")
        self.n, learning = len(shown), {graph.projections[name].target for name in self.plastic}
        each = [threshold_decays(graph, experiment, n - experiment.rest_bins) for n in lengths]
        self.decays: dict[str, float | None] = {}
        for path in (path for path in each[0] if path.partition(".")[0] in learning):
            factors = np.array([decays[path] for decays in each])
            self.decays[path] = float(factors[0]) if np.ptp(factors) == 0 else None
            if self.decays[path] is None:
                self.arrays[f"{path} decay"] = factors
        self.arrays["n_steps"] = np.array(lengths, np.int32)
        if graph.input:
            self._note_spikes(graph.input, shown)
        self.noises: dict[str, int] = {}
        for name in noise[0]:
            size = graph.populations[name].size
            own = [_apart(each[name], size) for each in noise]
            self._note_spikes(f"noise of {name}", own)
            self.noises[name] = size * (1 + max(int(spikes.index.max(initial=0)) // size for spikes in own))

    def _note_spikes(self, name: str, shown: Sequence[Spikes]) -> None:
        self.arrays |= {
            f"{name}.first": np.cumsum([0, *(len(spikes.index) for spikes in shown)]),
            f"{name}.neuron": np.concatenate([spikes.index for spikes in shown]).astype(np.int32),
            f"{name}.step": np.concatenate([spikes.bin for spikes in shown]).astype(np.int32),
        }

    @staticmethod
    def _weights(simulator: Simulator, name: str) -> NDArray[np.float64]:
        projection = simulator.graph.projections[name]
        if projection.one_weight and isinstance(projection.weight, Constant):
            return np.array([projection.weight.value])
        return np.array(simulator.weights(name), np.float64)

    def _note_start(self, simulator: Simulator) -> None:
        """Keep what the network starts with, as far as the script reads it from the file."""
        graph, arrays = simulator.graph, self.arrays
        for name, projection in graph.projections.items():
            if np.ptp(self.weights[name]) > 0:
                arrays[f"{name}.w"] = self.weights[name]
            if graph.is_sparse(name):
                synapses = graph.synapses(name)
                arrays[f"{name}.i"], arrays[f"{name}.j"] = synapses.source, synapses.target
            if projection.shared:
                arrays[f"{name}.place"] = graph.weight_of_synapse(name)
            if projection.spreads:
                synapses, amounts = simulator.layout.projections[name].spread
                arrays[f"{name}.spread.i"], arrays[f"{name}.spread.j"] = synapses.source, synapses.target
                arrays[f"{name}.spread.amount"] = amounts
            if name in self.plastic and projection.delay_plasticity is not None:
                arrays[f"{name}.d"] = np.array(simulator.array(f"{name}.d"))
            elif projection.delays_differ:
                arrays[f"{name}.delay"] = np.asarray(simulator.delays(name))
        for path in simulator.layout.learned:
            if path.partition(".")[0] in graph.populations:
                arrays[path] = np.array(simulator.array(path), np.float64)


def _apart(noise: Spikes, size: int) -> Spikes:
    """Give the spikes that a neuron receives in the same step to sources of their own."""
    cells = noise.bin.astype(np.int64) * size + noise.index
    earlier = np.arange(len(cells)) - np.searchsorted(cells, cells)
    return Spikes((noise.index + earlier * size).astype(np.int32), noise.bin)
