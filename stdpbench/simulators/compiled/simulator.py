"""The compiled simulator: Brian2's generated C++, resident in this process."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from stdpbench.encoding import Spikes
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.network import Layout
from stdpbench.simulators.base import RECORDED, Simulator
from stdpbench.simulators.compiled.cache import fetch, hold
from stdpbench.simulators.compiled.library import Library
from stdpbench.simulators.compiled.toolchain import Compiler

_TRIES = 3


class CompiledSimulator(Simulator):
    """The network as a resident shared library; see `Simulator`.

    Opening one that was compiled before imports no brian2. ctypes releases the interpreter while a presentation runs.
    """

    name = "compiled"

    def __init__(
        self,
        experiment: Experiment,
        n_input: int,
        delay_bins: NDArray[np.int32] | None = None,
        *,
        compiler: Compiler,
    ) -> None:
        super().__init__(experiment, n_input, delay_bins)
        self._library: Library | None = None
        self._finite = True
        self._arrays: dict[str, NDArray[np.float64]] = {}
        # not in a local variable: generating code leaves reference cycles through this frame
        self._attach(*_load(self.layout, compiler), delay_bins if self.layout.delays_differ else None)
        self._write_parameters(self.layout.parameters())
        self.reset()

    def _attach(self, library: Library, keys: list[str], delay_bins: NDArray[np.int32] | None) -> None:
        self._library = library
        for number, key in enumerate(keys):
            array = library.array(number)
            if array is None:
                raise StdpbenchError(f"the compiled network {library.path} is damaged: remove its folder")
            self._arrays[key] = array.reshape(self._shape(key, array.size))
        if delay_bins is not None:
            library.set_delays(delay_bins)

    def _shape(self, key: str, size: int) -> tuple[int, ...]:
        variable = self.layout.state.get(key)
        return variable.shape if variable else (size,)

    def _array(self, name: str) -> NDArray[np.float64]:
        if not self._arrays:
            raise StdpbenchError("this simulator is closed")
        return self._arrays[name]

    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        for group, values in parameters.items():
            for name, value in values.items():
                self._array(f"{group}.{name}")[...] = value
        self._learning = self.layout.learning_parameters()

    def _run(
        self, spikes: Spikes, n_bins: int, plastic: bool, record: NDArray[np.int64]
    ) -> tuple[Spikes, Spikes, NDArray[np.float64] | None]:
        library = self._library
        if library is None:
            raise StdpbenchError("this simulator is closed")
        courses = np.empty((len(RECORDED), n_bins, len(record))) if len(record) else None
        for name, value in self._learning.items():
            self._array(f"exc.{name}")[...] = value if plastic else 0.0
        self._finite = library.present(spikes.index, spikes.bin, n_bins, plastic, record, courses)
        return Spikes(*library.spikes(0)), Spikes(*library.spikes(1)), courses

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
