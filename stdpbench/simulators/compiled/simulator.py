"""The compiled simulator: Brian2's generated C++, resident in this process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stdpbench.encoding import Spikes
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.files import remove_file
from stdpbench.simulators.base import RECORDED, Simulator
from stdpbench.simulators.compiled.cache import fetch
from stdpbench.simulators.compiled.toolchain import Compiler

_int32_p, _int64_p, _double_p = (ctypes.POINTER(t) for t in (ctypes.c_int32, ctypes.c_int64, ctypes.c_double))


class CompiledSimulator(Simulator):
    """The network as a resident shared library; see `Simulator`.

    Opening one that was compiled before imports no brian2. Each simulator loads a private copy of its library,
    because a library that is loaded twice under one path is one network. ctypes releases the interpreter while a
    presentation runs.
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
        path, symbols = fetch(self.layout, compiler)
        self._library = _load_private_copy(path)
        self._checked(self._library.resident_start())
        self._arrays: dict[str, NDArray[np.float64]] = {}
        for number, symbol in enumerate(symbols):
            size, item = ctypes.c_int64(), ctypes.c_int64()
            address = self._library.resident_array(number, ctypes.byref(size), ctypes.byref(item))
            if not address or item.value != np.dtype(np.float64).itemsize:
                raise StdpbenchError(f"the compiled network at {path} is damaged: remove its folder")
            self._arrays[symbol["key"]] = np.ctypeslib.as_array(
                ctypes.cast(address, _double_p), shape=(size.value,)
            ).reshape(self._shape(symbol["key"], size.value))
        if self.layout.delays_differ and delay_bins is not None:
            bins = np.ascontiguousarray(delay_bins, np.int32)
            self._checked(self._library.resident_set_delays(bins.ctypes.data_as(_int32_p), n_input, self.layout.n_exc))
        self._write_parameters(self.layout.parameters())
        self.reset()

    @staticmethod
    def _checked(status: int) -> None:
        if status != 0:
            raise StdpbenchError(
                "there is not enough memory for this network: lower network.n_exc or the size of the pictures"
            )

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
        if not self._arrays:
            raise StdpbenchError("this simulator is closed")
        index = np.ascontiguousarray(spikes.index, np.int32)
        bins = np.ascontiguousarray(spikes.bin, np.int32)
        courses = np.empty((len(RECORDED), n_bins, len(record))) if len(record) else None
        for name, value in self._learning.items():
            self._array(f"exc.{name}")[...] = value if plastic else 0.0
        status = self._library.resident_present(
            index.ctypes.data_as(_int32_p),
            bins.ctypes.data_as(_int32_p),
            len(index),
            n_bins,
            int(plastic),
            record.ctypes.data_as(_int64_p),
            len(record),
            None if courses is None else courses.ctypes.data_as(_double_p),
        )
        self._checked(status)
        return self._spikes(0), self._spikes(1), courses

    def _spikes(self, layer: int) -> Spikes:
        index, bins = _int32_p(), _int32_p()
        count = self._library.resident_spikes(layer, ctypes.byref(index), ctypes.byref(bins))
        if not count:
            return Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
        return Spikes(
            np.ctypeslib.as_array(index, shape=(count,)).copy(), np.ctypeslib.as_array(bins, shape=(count,)).copy()
        )

    def close(self) -> None:
        """Give up the arrays. The library itself stays loaded until the process ends."""
        self._arrays = {}


def _load_private_copy(path: Path) -> ctypes.CDLL:
    failure: OSError | None = None
    for folder in (path.parent, None):  # the folder for temporary files may be mounted so that nothing in it runs
        try:
            handle, name = tempfile.mkstemp(prefix=".loaded-", suffix=path.suffix, dir=folder)
        except OSError as error:
            failure = error
            continue
        os.close(handle)
        copy = Path(name)
        try:
            shutil.copyfile(path, copy)
            library = ctypes.CDLL(str(copy))
            break
        except OSError as error:
            failure = error
        finally:
            with contextlib.suppress(PermissionError):  # Windows does not let go of a loaded library
                remove_file(copy)
    else:
        raise StdpbenchError(f"the compiled network {path} does not load: {failure}") from failure
    library.resident_start.restype = ctypes.c_int
    library.resident_array.restype = ctypes.c_void_p
    library.resident_array.argtypes = [ctypes.c_int32, _int64_p, _int64_p]
    library.resident_set_delays.argtypes = [_int32_p, ctypes.c_int32, ctypes.c_int32]
    library.resident_set_delays.restype = ctypes.c_int
    library.resident_present.restype = ctypes.c_int
    library.resident_present.argtypes = [
        _int32_p,
        _int32_p,
        ctypes.c_int32,
        ctypes.c_int32,
        ctypes.c_int32,
        _int64_p,
        ctypes.c_int32,
        _double_p,
    ]
    library.resident_spikes.restype = ctypes.c_int32
    library.resident_spikes.argtypes = [ctypes.c_int32, ctypes.POINTER(_int32_p), ctypes.POINTER(_int32_p)]
    return library
