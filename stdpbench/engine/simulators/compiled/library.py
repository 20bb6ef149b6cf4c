"""A compiled network, loaded into this process and unloaded again.

The memory of the network belongs to the library. Arrays on that memory keep a reference to the library, which is
unloaded once neither a simulator nor an array refers to it. Until then the cache does not evict the network.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling.loading import load
from stdpbench.kinds.connections import Synapses

_TYPES: dict[int, Any] = {np.dtype(real).itemsize: np.dtype(real) for real in (np.float32, np.float64)}
_NOT_FINITE = 13  # as in resident.cpp
_int32_p = ctypes.POINTER(ctypes.c_int32)
_int64_p, _double_p = ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_double)
# these do not release the GIL: another thread might hold it for longer than the call takes
_N_SPIKES = ctypes.PYFUNCTYPE(ctypes.c_int32, ctypes.c_int32)
_SPIKES = ctypes.PYFUNCTYPE(None, ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)
_IN_ORDER = ctypes.PYFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32)


class Library:
    """One compiled network.

    Parameters
    ----------
    path : Path
        The library in the cache.

    Raises
    ------
    FileNotFoundError
        If the cache has evicted it.
    StdpbenchError
        If it does not load, or there is not enough memory for the network.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: tuple[NDArray[np.int32], ...] = ()
        self._recent: dict[int, NDArray[np.float64]] = {}
        self._driven: dict[int, NDArray[np.float64] | None] = {}
        self._factors: NDArray[np.float64] | None = None
        self.dll = _declared(load(path, self))
        self._n_spikes = _N_SPIKES(("resident_n_spikes", self.dll))
        self._spikes = _SPIKES(("resident_spikes", self.dll))
        self._in_order = _IN_ORDER(("resident_in_order", self.dll))
        _check(self.dll.resident_start())

    def array(self, number: int) -> NDArray[np.float64] | None:
        """Return a view of a floating point array by its number in the symbol table; None if there is none."""
        size, item = ctypes.c_int64(), ctypes.c_int64()
        address = self.dll.resident_array(number, ctypes.byref(size), ctypes.byref(item))
        dtype = _TYPES.get(item.value)
        if dtype is None:
            return None
        if not size.value:  # a projection without synapses
            return np.empty(0, dtype)
        return np.asarray(_Memory(self, address, size.value, dtype))

    def set_synapses(
        self, projection: int, synapses: Synapses, *, with_incoming: bool, weight: NDArray[np.int32] | None = None
    ) -> None:
        """Set the synapses of a sparse projection, on request also by their targets.

        `weight` is the place of the weight of each synapse, if weights are shared.
        """
        into = synapses.incoming if with_incoming else ()
        arrays = (synapses.first, synapses.target, *into)
        pointers = [array.ctypes.data_as(_int32_p) for array in arrays] + [None] * (5 - len(arrays))
        place = None if weight is None else weight.ctypes.data_as(_int32_p)
        self._kept += arrays if weight is None else (*arrays, weight)
        _check(self.dll.resident_set_rows(projection, *pointers, synapses.n_source, place))

    def set_delays(self, projection: int, bins: NDArray[np.int32], rows: NDArray[np.int64], limit: int = 0) -> None:
        """Set the delay of each synapse of a projection in time steps; ``rows[i]`` is the first synapse of source i.

        If delays learn, `limit` is the longest possible delay.
        """
        bins, rows = np.ascontiguousarray(bins.reshape(-1), np.int32), np.ascontiguousarray(rows, np.int64)
        pointers = bins.ctypes.data_as(_int32_p), rows.ctypes.data_as(_int64_p)
        _check(self.dll.resident_set_delays(projection, *pointers, len(rows) - 1, limit))

    def update_delays(
        self, projection: int, delays: NDArray[np.float64], steps_per_second: float, *, before: bool = False
    ) -> bool:
        """Set learned delays of a projection, in seconds, which are rounded to steps.

        With `before`, set the delays of spikes that are in flight at the start of the next presentation. Return
        whether all are within bounds; otherwise nothing changes.
        """
        place = np.ascontiguousarray(delays).ctypes.data_as(_double_p)
        return bool(self.dll.resident_update_delays(projection, before, place, steps_per_second))

    def set_recent(self, population: int, recent: NDArray[np.float64]) -> None:
        """Set the array of recent spikes of a population, which a presentation reads and writes."""
        self._recent[population] = recent
        self.dll.resident_set_recent(population, recent.ctypes.data)

    def set_noise(
        self, population: int, index: NDArray[np.int32], bins: NDArray[np.int32], n_bins: int, weight: float
    ) -> None:
        """Set the noise into a population for the next presentation, sorted by bins, and the weight of its spikes."""
        index, bins = np.ascontiguousarray(index, np.int32), np.ascontiguousarray(bins, np.int32)
        places = index.ctypes.data_as(_int32_p), bins.ctypes.data_as(_int32_p)
        _check(self.dll.resident_set_noise(population, *places, len(index), n_bins, weight))

    @property
    def is_driven(self) -> bool:
        """Whether any drive is set for the next presentation."""
        return any(rows is not None for rows in self._driven.values())

    def set_drive(self, number: int, rows: NDArray[np.float64] | None, n_steps: int) -> None:
        """Set the rows that the first steps of the next presentation add to a receptor: one each, or one for all."""
        self._driven[number] = rows  # keeps the array alive while the presentation reads it
        place = None if rows is None else rows.ctypes.data_as(_double_p)
        self.dll.resident_set_drive(number, place, 0 if rows is None else len(rows), n_steps)

    def set_factors(self, factors: NDArray[np.float64 | np.float32] | None) -> None:
        """Set the factors of the input spikes of the next presentation; None: all are 1."""
        if factors is None and self._factors is None:
            return
        self._factors = None if factors is None else np.ascontiguousarray(factors, np.float64)
        self.dll.resident_set_factors(None if self._factors is None else self._factors.ctypes.data)

    def column_sums(self, w: NDArray[np.float64], *, squared: bool = False) -> NDArray[np.float64]:
        """Return the sums of the columns of a matrix, or of their squares, float64, added row by row as in NumPy."""
        sums = np.empty(w.shape[1])
        self.dll.resident_column_sums(w.ctypes.data, w.itemsize, *w.shape, squared, sums.ctypes.data)
        return sums

    def scale_columns(self, w: NDArray[np.float64], factors: NDArray[np.float64]) -> None:
        """Multiply each column of a matrix of this network by a factor, rounded to the dtype of the matrix."""
        self.dll.resident_scale_columns(w.ctypes.data, w.itemsize, *w.shape, factors.ctypes.data)

    def in_order(self, index: NDArray[np.int32], bins: NDArray[np.int32], n_input: int) -> tuple[bool, bool]:
        """Return whether spikes ascend strictly in (bin, index), and whether all indices are below `n_input`."""
        index, bins = np.ascontiguousarray(index, np.int32), np.ascontiguousarray(bins, np.int32)
        flags = self._in_order(index.ctypes.data, bins.ctypes.data, len(index), n_input)
        return bool(flags & 1), bool(flags & 2)

    def present(
        self,
        index: NDArray[np.int32],
        bins: NDArray[np.int32],
        n_bins: int,
        learns: bytes,
        recording: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]] | None = None,
    ) -> bool:
        """Take `n_bins` steps.

        Parameters
        ----------
        index, bins : ndarray, int32, (n_spikes,)
            Input spikes, sorted by (bin, index); in a stream including those of previous steps, with negative bins.
        n_bins : int
            Number of steps.
        learns : bytes
            1 for each projection that learns, else 0.
        recording : tuple of ndarray, optional
            Neurons to record, int64, of one population after the other; their number per population, int32; and the
            buffer for (n_variables, n_bins, n_watched) of each population in turn, float64.

        Returns
        -------
        bool
            Whether the state of all neurons is finite.
        """
        index, bins = np.ascontiguousarray(index, np.int32), np.ascontiguousarray(bins, np.int32)
        pointers = [None] * 3 if recording is None else [array.ctypes.data for array in recording]
        status = self.dll.resident_present(index.ctypes.data, bins.ctypes.data, len(index), n_bins, learns, *pointers)
        if status == _NOT_FINITE:
            return False
        _check(status)
        return True

    def spikes(self, population: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return index and bin of the spikes of a population in the last presentation."""
        count = self._n_spikes(population)
        index, bins = np.empty(count, np.int32), np.empty(count, np.int32)
        if count:
            self._spikes(population, index.ctypes.data, bins.ctypes.data)
        return index, bins


class _Memory:
    """Memory of a library for NumPy; arrays on it keep this object, and thereby the library, alive."""

    def __init__(self, library: Library, address: int, size: int, dtype: np.dtype[Any]) -> None:
        self._library = library
        self.__array_interface__ = {
            "version": 3,
            "typestr": dtype.str,
            "shape": (size,),
            "data": (address, False),
        }


def _check(status: int) -> None:
    if status != 0:
        raise StdpbenchError(
            "there is not enough memory for this network: lower network.n_exc or the size of the pictures"
        )


_int, _place = ctypes.c_int32, ctypes.c_void_p  # plain addresses, which NumPy returns faster than typed pointers
_SIGNATURES: dict[str, tuple[Any, list[Any] | None]] = {
    "resident_start": (ctypes.c_int, None),
    "resident_stop": (None, None),
    "resident_array": (_place, [_int, _int64_p, _int64_p]),
    "resident_set_delays": (ctypes.c_int, [_int, _int32_p, _int64_p, _int, _int]),
    "resident_update_delays": (_int, [_int, _int, _double_p, ctypes.c_double]),
    "resident_set_rows": (ctypes.c_int, [_int, *[_int32_p] * 5, _int, _int32_p]),
    "resident_set_recent": (None, [_int, _place]),
    "resident_set_noise": (ctypes.c_int, [_int, _int32_p, _int32_p, _int, _int, ctypes.c_double]),
    "resident_set_drive": (None, [_int, _double_p, _int, _int]),
    "resident_set_factors": (None, [_place]),
    "resident_column_sums": (None, [_place, _int, ctypes.c_int64, _int, _int, _place]),
    "resident_scale_columns": (None, [_place, _int, ctypes.c_int64, _int, _place]),
    "resident_present": (ctypes.c_int, [_place, _place, _int, _int, ctypes.c_char_p, *[_place] * 3]),
}
"""Types of the results and arguments of the functions of a library."""


def _declared(dll: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(dll, name)
        function.restype, function.argtypes = result, arguments
    return dll
