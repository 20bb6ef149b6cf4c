"""The compiled simulator: Brian2's generated C++, loaded into this process."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import prod

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling.toolchain import Compiler, find_compiler
from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import AMOUNT, LEFT_WITH, RECENT, SPREAD, PopulationLayout, ProjectionLayout
from stdpbench.engine.simulators import learned_delays
from stdpbench.engine.simulators.base import Simulator
from stdpbench.engine.simulators.compiled.cache import fetch
from stdpbench.engine.simulators.compiled.library import Library
from stdpbench.engine.simulators.currents import Drive
from stdpbench.engine.simulators.response import Courses, recorded
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.normalisations.base import factors_of
from stdpbench.kinds.normalisations.norm import Norm
from stdpbench.kinds.normalisations.sum import Sum

_TRIES = 3


class CompiledSimulator(Simulator):
    """The network as a shared library; see `Simulator`.

    Opening a network from the cache imports no brian2. ctypes releases the GIL while a presentation runs.
    """

    name = "compiled"

    @classmethod
    def open(cls, graph: Graph, delays: Mapping[str, NDArray[np.int32]], target: str | None) -> tuple[Simulator, str]:
        """Compile the network, unless it was compiled before."""
        compiler = find_compiler()
        if compiler is None:
            raise StdpbenchError(
                "the compiled simulator needs a C++ compiler, but none was found; `stdpbench doctor` explains how to "
                "install one, and --simulator runtime works without one"
            )
        return cls(graph, delays, compiler=compiler), ""

    def __init__(self, graph: Graph, delays: Mapping[str, NDArray[np.int32]], *, compiler: Compiler) -> None:
        super().__init__(graph, delays)
        self._library: Library | None = None
        self._finite = True
        self._arrays: dict[str, NDArray[np.float64]] = {}
        # not in a local variable, since generating code leaves reference cycles through this frame
        self._attach(*_load(self.layout, compiler))
        self._write_parameters(self.layout.parameters)
        self.reset()

    def _attach(self, library: Library, keys: list[str]) -> None:
        self._library = library
        for projection in self.layout.projections.values():
            if projection.sparse:
                weight = projection.weight_of_synapse if projection.shared else None
                library.set_synapses(
                    projection.number, projection.synapses, with_incoming=projection.learns, weight=weight
                )
            if projection.passing_on is not None:
                library.set_synapses(projection.passing_number, projection.passing_on[1], with_incoming=False)
        variables = (self.layout.state | self.layout.fixed).values()
        shapes = {f"{variable.group}.{variable.variable}": variable.shape for variable in variables}
        for number, key in enumerate(keys):
            array = library.array(number)
            if array is None:
                raise StdpbenchError(f"the compiled network {library.path} is damaged: remove its folder")
            self._arrays[key] = array.reshape(shapes.get(key, array.shape))
        for projection in self.layout.projections.values():
            if projection.spreading is not None:
                self._array(projection.own(SPREAD), AMOUNT)[...] = projection.spread[1]
        for name, bins in self._delays.items():
            projection = self.layout.projections[name]
            limit = 0 if projection.delay_rule is None else projection.delay_bins
            library.set_delays(projection.number, bins, projection.rows, limit)
        for population in self.layout.in_flight:
            if not population.is_input:
                library.set_recent(population.number, self._kept[f"{population.name}.{RECENT}"])
        learned_delays.start(self.layout, self.array, self._delays)

    @property
    def _in_flight(self) -> tuple[PopulationLayout, ...]:
        """See `Simulator._in_flight`; the library updates the arrays of neurons itself."""
        return tuple(population for population in self.layout.in_flight if population.is_input)

    def _array(self, group: str, variable: str) -> NDArray[np.float64]:
        if not self._arrays:
            raise StdpbenchError("this simulator is closed")
        return self._arrays[f"{group}.{variable}"]

    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        for group, values in parameters.items():
            for name, value in values.items():
                self._array(group, name)[...] = value
        self._learning: frozenset[str] | None = None

    def _put_delays(self, projection: ProjectionLayout) -> bool:
        library, steps = self._library, learned_delays.steps_per_second(projection)
        if library is None:
            raise StdpbenchError("this simulator is closed")
        if projection.keeps_delays:
            left_with = self.array(f"{projection.name}.{LEFT_WITH}")
            library.update_delays(projection.number, left_with, steps, before=True)
        return library.update_delays(projection.number, self.array(f"{projection.name}.d"), steps)

    def _run(
        self,
        spikes: Spikes,
        n_bins: int,
        plastic: frozenset[str],
        earlier: Mapping[str, Spikes],
        record: Mapping[str, NDArray[np.int64]],
        noise: Mapping[str, Spikes],
        drive: Drive,
    ) -> tuple[dict[str, Spikes], Courses]:
        library, layout = self._library, self.layout
        if library is None:
            raise StdpbenchError("this simulator is closed")
        if plastic != self._learning:
            for cells in layout.cells:
                for name, value in layout.learning_parameters(cells.name, plastic).items():
                    self._array(cells.group, name)[...] = value
            self._learning = plastic
        for before in earlier.values():  # of the input
            spikes = Spikes(np.concatenate([before.index, spikes.index]), np.concatenate([before.bin, spikes.bin]))
        for name, events in noise.items():
            declared = layout.populations[name].population.noise
            assert declared is not None
            library.set_noise(layout.populations[name].number, events.index, events.bin, n_bins, declared.weight)
        library.set_factors(spikes.factor)
        for number, key in enumerate(layout.driven if drive or library.is_driven else ()):
            rows = drive.get(key)
            library.set_drive(number, *((None, 0) if rows is None else (rows.rows, rows.n_steps)))
        flags = bytes(name in plastic for name in layout.projections)
        courses: Courses = {}
        if record:
            none = np.empty(0, np.int64)
            watched = [record.get(population.name, none) for population in layout.cells]
            sizes = [(len(recorded(p)), n_bins, len(w)) for p, w in zip(layout.cells, watched, strict=True)]
            buffer = np.empty(sum(map(prod, sizes)))
            n_watched = np.array([len(neurons) for neurons in watched], np.int32)
            recording = np.ascontiguousarray(np.concatenate(watched)), n_watched, buffer
            self._finite = library.present(spikes.index, spikes.bin, n_bins, flags, recording)
            blocks = np.split(buffer, np.cumsum([prod(size) for size in sizes])[:-1])
            for population, size, block in zip(layout.cells, sizes, blocks, strict=True):
                if population.name in record:
                    courses[population.name] = dict(zip(recorded(population), block.reshape(size), strict=True))
        else:
            self._finite = library.present(spikes.index, spikes.bin, n_bins, flags)
        return {cells.name: Spikes(*library.spikes(cells.number)) for cells in layout.cells}, courses

    def normalise(self, projection: str) -> NDArray[np.int64]:
        """See `Simulator.normalise`; the library takes a third of NumPy's time, and sums as it does."""
        scaling, layout = self.graph.projections[projection].normalise, self.layout.projections[projection]
        if self._library is None or not (type(scaling) is Sum or type(scaling) is Norm) or not layout.dense:
            return super().normalise(projection)
        w, squared = self.weights(projection), type(scaling) is Norm
        measures = self._library.column_sums(w, squared=squared)
        if squared:
            measures = np.sqrt(measures)
        factors, silent = factors_of(measures, scaling.value, real=w.dtype)
        self._library.scale_columns(w, factors)
        return silent

    def _in_order(self, spikes: Spikes, n_input: int) -> tuple[bool, bool]:
        """See `Simulator._in_order`; the library takes 1 µs, NumPy ten times as long."""
        if self._library is None:
            raise StdpbenchError("this simulator is closed")
        return self._library.in_order(spikes.index, spikes.bin, n_input)

    def not_finite(self) -> tuple[str, ...]:
        """See `Simulator.not_finite`; the library checks all neurons in 1 to 2 µs, NumPy takes 30 times as long."""
        return () if self._finite else super().not_finite()

    def close(self) -> None:
        """Free the network as soon as none of its arrays is referenced."""
        self._arrays, self._library = {}, None


def _load(layout: Layout, compiler: Compiler) -> tuple[Library, list[str]]:
    """Load the network of a layout; return it and the names of its arrays in the order of their numbers."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):  # evicted meanwhile
            path, symbols = fetch(layout, compiler)
            return Library(path), [symbol["key"] for symbol in symbols]
    raise StdpbenchError(f"the compiled network {path} was removed by another process each time it was compiled")
