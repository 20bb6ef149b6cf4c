"""Write the network of a run to a NIR file, and check the file against the run.

Every written file is read back by ``nir`` and simulated by `stdpbench.bridges.nir.independent`, an independent
implementation, for some of the evaluated stimuli of the run; its spikes are compared with those of the run.

``python -m stdpbench.runs.process.nir_export`` does the same for readers, which import no simulator: it answers
requests with the arguments of `export_nir` by the fields of a `NirExport`. `runs.client.nir_export` starts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import nir
import numpy as np
import tomli_w
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.base.files import DAMAGE, check_target
from stdpbench.base.helper import serve
from stdpbench.base.threads import one_blas_thread
from stdpbench.bridges.nir import ORIGIN, independent
from stdpbench.bridges.nir.neurons import Nodes
from stdpbench.bridges.nir.writing import nir_graph, unsupported, write_nir
from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.simulators import Response, open_simulator
from stdpbench.experiment import Experiment, input_shape
from stdpbench.runs.client.nir_export import STIMULI, NirExport
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder, versions
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.preparation.start import load_split, trained_arrays
from stdpbench.runs.presentation.frozen import as_evaluated, present_frozen
from stdpbench.runs.protocol.changes import experiment_at, reached_position

_AT_ONCE = 10  # stimuli that the reader simulates together
_TIE = 1e-9  # a potential this close to the threshold, as a fraction of it, may round to either side
_LOCATIONS = ("path", "train_images", "train_labels", "test_images", "test_labels")
"""Parameters of data with paths on this machine, which are not written."""
ProgressCallback = Callable[[int, int], object]


def export_nir(
    folder: RunFolder,
    target: Path,
    *,
    force: bool = False,
    stimuli: int = STIMULI,
    replace: bool = False,
    simulator: str | None = None,
    on_progress: ProgressCallback = lambda done, total: None,
) -> NirExport:
    """Write the network of a finished run to a NIR file, and check it.

    Parameters
    ----------
    folder : RunFolder
        The run.
    target : Path
        The file, in an existing folder; its name ends with ``.nir``.
    force : bool
        Whether to replace features that NIR cannot express by similar ones, if there are any, and mark the file.
    stimuli : int
        Number of evaluated stimuli to check it with, at least 1; at most as many as there are.
    replace : bool
        Whether to replace an existing file.
    simulator : {"compiled", "runtime"}, optional
        Simulator of the run.
    on_progress : callable
        Called with the number of stimuli compared so far, and their total number.

    Raises
    ------
    StdpbenchError
        If NIR cannot express the network, the run has no trained network, or the file cannot be written or has another
        suffix.
    """
    one_blas_thread()
    check_target(target, replace=replace, suffix=".nir")
    records = read_journal(folder.path)
    experiment = experiment_at(folder.experiment, records, reached_position(records))
    if experiment.stream is not None:
        raise StdpbenchError(f"{folder.path.name} is the run of a stream, which has no stimuli to check a file with")
    split = load_split(experiment, folder.validation)
    shape = input_shape(experiment, split.train)
    learned = trained_arrays(folder, experiment, input_shape(experiment, split.train))
    marks = _marks(experiment.evaluated, shape, force)
    opened, _ = open_simulator(experiment, shape, simulator)
    try:
        opened.set_learned(learned)
        with as_evaluated(opened, experiment) as shown:
            about = _metadata(shown, folder, shape, marks)
            try:
                graph = nir_graph(opened.graph, opened.array, about)
            except StdpbenchError as error:
                raise _shortened(error, experiment) from None
            write_nir(target, graph)
            try:
                written = nir.read(target)
            except (*DAMAGE, AssertionError, TypeError) as error:
                raise StdpbenchError(f"{target} was written, but nir cannot read it: {error}") from error
            comparison = _Comparison(written, shown.dt)
            n = max(1, min(stimuli, len(split.test)))
            for first in range(0, n, _AT_ONCE):
                numbers = range(first, min(first + _AT_ONCE, n))
                comparison.add(
                    numbers,
                    [present_frozen(opened, shown, split.test, "test", number)[0] for number in numbers],
                    opened.layout.max_delay_bins,
                )
                on_progress(numbers[-1] + 1, n)
            plastic = opened.graph.plastic
    finally:
        opened.close()
    nodes = {name: type(node).__name__ for name, node in written.nodes.items()}
    return NirExport(
        str(target.absolute()),
        nodes,
        experiment.dt,
        marks,
        plastic,
        n,
        split.test.noun,
        comparison.spikes,
        comparison.different,
        comparison.explanation(split.test),
    )


def _marks(experiment: Experiment, shape: tuple[int, int], force: bool) -> tuple[str, ...]:
    """Return a clause for each substitute of a feature that NIR cannot express.

    Raises
    ------
    StdpbenchError
        If NIR cannot express a feature, and there is no substitute or `force` is false.
    """
    features = list(unsupported(experiment.graph(*shape)))
    refused = [feature.reason for feature in features if not (force and feature.instead)]
    if not refused:
        return tuple(feature.instead for feature in features)
    error = _shortened(several(refused), experiment)
    if not force and all(feature.instead for feature in features):
        *others, last = error.sentences
        raise several([*others, f"{last}, and --force writes a file that is marked as another network"])
    raise error


def _shortened(error: StdpbenchError, experiment: Experiment) -> StdpbenchError:
    """Return an error with the paths of the experiment in place of those of the expanded network."""
    return several(experiment.in_short(sentence) for sentence in error.sentences)


def _metadata(
    experiment: Experiment, folder: RunFolder, shape: tuple[int, int], marks: tuple[str, ...]
) -> dict[str, Any]:
    """Return metadata on the origin of a file, which no reader needs."""
    tables = experiment.to_mapping()
    shown: dict[str, Any] = {name: tables[name] for name in ("data", "encoding", "schedule") if name in tables}
    shown["data"] = {name: value for name, value in shown["data"].items() if name not in _LOCATIONS}
    about: dict[str, Any] = {
        "written_by": f"stdpbench {versions()['stdpbench']}",
        "run": folder.path.resolve().name,
        "input_shape": np.array(shape),
        "read": experiment.graph().read,
        ORIGIN: str(origin_of(folder.path)),
        "shown": tomli_w.dumps(shown),
    }
    return about | ({"another_network": "; ".join(marks)} if marks else {})


class _Comparison:
    """Compares the spikes of a file with those of a run."""

    def __init__(self, graph: nir.NIRGraph, dt: float) -> None:
        self._graph, self._dt, self._order = graph, dt, Nodes(graph, dt, dt).order
        self.spikes, self.different = 0, 0
        self._first: tuple[int, int, str, int, tuple[float, float], bool] | None = None

    def add(self, numbers: range, responses: list[Response], n_rest: int) -> None:
        """Compare the responses to some stimuli."""
        steps = [response.n_bins + n_rest for response in responses]
        inputs = self._inputs(responses, max(steps))
        simulated = independent.simulate(self._graph, inputs, self._dt)
        for k, (number, response) in enumerate(zip(numbers, responses, strict=True)):
            for name, spikes in response.spikes.items():
                mine = np.zeros((steps[k], response.sizes[name]), bool)
                mine[spikes.bin, spikes.index] = True
                theirs = simulated[name].spikes[1 : steps[k] + 1, k][:, self._order(name)]
                differing = np.argwhere(mine != theirs)
                self.spikes += len(spikes)
                self.different += len(differing)
                if len(differing) and (self._first is None or self._first[:2] > (number, int(differing[0, 0]))):
                    step, neuron = differing[0].tolist()
                    potential = self._potential(inputs[:, k], step, name, neuron)
                    self._first = number, step, name, neuron, potential, bool(mine[step, neuron])

    def _inputs(self, responses: list[Response], n_steps: int) -> NDArray[np.float32 | np.float64]:
        """Return the output of the Input node, (n_steps + 1, n_stimuli, n_input).

        The network of a run takes one step before its first input arrives. The input of the reader therefore begins
        one step later, and its step t + 1 is step t of the run.
        """
        entry = next(node for node in self._graph.nodes.values() if isinstance(node, nir.Input))
        n_input = int(np.prod(entry.input_type["input"]))
        exact = any(response.input.currents is not None or response.input.factor is not None for response in responses)
        inputs = np.zeros((n_steps + 1, len(responses), n_input), np.float64 if exact else np.float32)
        for k, response in enumerate(responses):
            spikes = response.input
            inputs[spikes.bin + 1, k, spikes.index] = 1 if spikes.factor is None else spikes.factor
            if spikes.currents is not None:
                inputs[1 : response.n_bins + 1, k] += spikes.currents
        return inputs

    def _potential(self, inputs: NDArray[Any], step: int, name: str, neuron: int) -> tuple[float, float]:
        """Return the potential of a neuron of the file in a step, before the reset, and its threshold."""
        courses = independent.simulate(self._graph, inputs[: step + 2, None], self._dt, potentials=True)
        place = self._order(name)[neuron]
        return float(courses[name].v[step + 1, 0, place]), float(self._graph.nodes[name].v_threshold.flat[place])

    def explanation(self, stimuli: StimulusSet) -> str:
        """Return a sentence on the first difference and its cause; empty if the spikes are identical."""
        if self._first is None:
            return ""
        number, step, name, neuron, (v, threshold), in_run = self._first
        side = "the run" if in_run else "the file"
        place = f"{stimuli.noun} {number}, step {step}: neuron {neuron} of {name} fires in {side} only"
        if abs(v - threshold) <= _TIE * abs(threshold):
            return f"The first is in {place}, whose potential equals the threshold except for rounding."
        return f"The first is in {place}; in the file, its potential is {v:.6g}, and its threshold {threshold:.6g}."


def _export(_: str, arguments: Mapping[str, Any], tell: Callable[[str, int, int], None]) -> dict[str, Any]:
    options = dict(arguments)
    folder, target = RunFolder.open(Path(options.pop("folder"))), Path(options.pop("target"))
    return asdict(export_nir(folder, target, on_progress=partial(tell, "comparing"), **options))


if __name__ == "__main__":
    serve(_export)
