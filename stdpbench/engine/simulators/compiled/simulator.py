"""The compiled simulator: Brian2's generated C++, resident in this process."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import prod

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import AMOUNT, LEFT_WITH, RECENT, SPREAD, PopulationLayout, ProjectionLayout
from stdpbench.engine.simulators import learned_delays
from stdpbench.engine.simulators.base import Simulator
from stdpbench.engine.simulators.compiled.cache import fetch, hold
from stdpbench.engine.simulators.compiled.library import Library
from stdpbench.engine.simulators.compiled.toolchain import Compiler, find_compiler
from stdpbench.engine.simulators.currents import Drive
from stdpbench.engine.simulators.response import Courses, recorded
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.normalisations.base import factors_of
from stdpbench.kinds.normalisations.sum import Sum

_TRIES = 3


class CompiledSimulator(Simulator):
    """The network as a resident shared library; see `Simulator`.

    Opening one that was compiled before imports no brian2. ctypes releases the interpreter while a presentation runs.
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
        # not in a local variable: generating code leaves reference cycles through this frame
        self._attach(*_load(self.layout, compiler))
        self._write_parameters(self.layout.parameters)
        self.reset()

    def _attach(self, library: Library, keys: list[str]) -> None:
        self._library = library
        for each in self.layout.projections.values():
            if each.sparse:
                library.set_synapses(each.number, each.synapses, with_incoming=each.learns)
            if each.spreading is not None:
                library.set_synapses(each.spread_number, each.spread[0], with_incoming=False)
        variables = (self.layout.state | self.layout.fixed).values()
        shapes = {f"{each.group}.{each.variable}": each.shape for each in variables}
        for number, key in enumerate(keys):
            array = library.array(number)
            if array is None:
                raise StdpbenchError(f"the compiled network {library.path} is damaged: remove its folder")
            self._arrays[key] = array.reshape(shapes.get(key, array.shape))
        for each in self.layout.projections.values():
            if each.spreading is not None:
                self._array(each.own(SPREAD), AMOUNT)[...] = each.spread[1]
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
        """See `Simulator._in_flight`. The library keeps those of neurons up to date, in the same arrays."""
        return tuple(each for each in self.layout.in_flight if each.is_input)

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
        for name, drawn in noise.items():
            declared = layout.populations[name].population.noise
            assert declared is not None
            library.set_noise(layout.populations[name].number, drawn.index, drawn.bin, n_bins, declared.weight)
        library.set_factors(spikes.factor)
        for number, key in enumerate(layout.driven if drive or library.is_driven else ()):
            given = drive.get(key)
            library.set_drive(number, *((None, 0) if given is None else (given.rows, given.n_steps)))
        flags = bytes(name in plastic for name in layout.projections)
        courses: Courses = {}
        if record:
            none = np.empty(0, np.int64)
            watched = [record.get(each.name, none) for each in layout.cells]
            sizes = [(len(recorded(each)), n_bins, len(w)) for each, w in zip(layout.cells, watched, strict=True)]
            buffer = np.empty(sum(map(prod, sizes)))
            n_watched = np.array([len(each) for each in watched], np.int32)
            recording = np.ascontiguousarray(np.concatenate(watched)), n_watched, buffer
            self._finite = library.present(spikes.index, spikes.bin, n_bins, flags, recording)
            blocks = np.split(buffer, np.cumsum([prod(size) for size in sizes])[:-1])
            for each, size, block in zip(layout.cells, sizes, blocks, strict=True):
                if each.name in record:
                    courses[each.name] = dict(zip(recorded(each), block.reshape(size), strict=True))
        else:
            self._finite = library.present(spikes.index, spikes.bin, n_bins, flags)
        return {each.name: Spikes(*library.spikes(each.number)) for each in layout.cells}, courses

    def normalise(self, projection: str) -> NDArray[np.int64]:
        """See `Simulator.normalise`. The library takes a third of NumPy's time, for the same numbers."""
        scaling, made = self.graph.projections[projection].normalise, self.layout.projections[projection]
        if self._library is None or type(scaling) is not Sum or not made.dense:
            return super().normalise(projection)
        w = self.weights(projection)
        factors, silent = factors_of(self._library.column_sums(w), scaling.value, real=w.dtype)
        self._library.scale_columns(w, factors)
        return silent

    def _in_order(self, spikes: Spikes, n_input: int) -> tuple[bool, bool]:
        """See `Simulator._in_order`. The library takes 1 µs, NumPy ten times as long."""
        if self._library is None:
            raise StdpbenchError("this simulator is closed")
        return self._library.in_order(spikes.index, spikes.bin, n_input)

    def not_finite(self) -> tuple[str, ...]:
        """See `Simulator.not_finite`. The library checks all neurons in 1 to 2 µs; NumPy takes 30 times as long."""
        return () if self._finite else super().not_finite()

    def close(self) -> None:
        """Free the network; while arrays of it are still referenced, once they no longer are."""
        self._arrays, self._library = {}, None


def _load(layout: Layout, compiler: Compiler) -> tuple[Library, list[str]]:
    """The network of a layout, loaded, and the names of its arrays in the order of their numbers."""
    for _ in range(_TRIES):
        path, symbols = fetch(layout, compiler)
        with suppress(FileNotFoundError):  # evicted meanwhile
            return Library(path, hold(path)), [symbol["key"] for symbol in symbols]
    raise StdpbenchError(f"the compiled network {path} was removed by another process each time it was compiled")
