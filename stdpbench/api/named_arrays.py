"""Learned arrays of several projections or populations as one object, which is also the array of the shown one."""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion

Floats = NDArray[np.floating[Any]]


class NamedArrays(np.ndarray[Any, np.dtype[np.floating[Any]]]):
    """The read-only array of one projection or population, with those of all others by name.

    It is an array wherever one is expected. With a name as index, it is a mapping: ``arrays["feed"]``, ``"feed" in
    arrays``, ``arrays.keys()``, ``dict(arrays)``; ``len`` and iteration are those of the array. Results of computing
    with it, parts and copies are plain arrays.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays by name of the projection or population; they become read-only.
    shown : str
        Name of the one that this is; if there is none of that name, it is the first.
    """

    _arrays: dict[str, Floats]

    def __new__(cls, arrays: Mapping[str, Floats], shown: str) -> NamedArrays:
        """Return the array named `shown`."""
        for array in arrays.values():
            array.flags.writeable = False
        found = arrays[shown if shown in arrays else next(iter(arrays))].view(cls)
        found._arrays = dict(arrays)
        return found

    def __array_finalize__(self, of: Any) -> None:
        """Give arrays that NumPy derives from this one no names."""
        self._arrays = {}

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Return the result of a computation as a plain array or number."""
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __getitem__(self, key: Any) -> Any:
        """Return the array of a name, or a part of this array.

        Raises
        ------
        StdpbenchError
            If there is no array of this name.
        """
        if not isinstance(key, str):
            return np.asarray(self)[key]
        if key not in self._arrays:
            raise StdpbenchError(f"there is no learned array of {key!r}; {suggestion(key, self._arrays)}")
        return self._arrays[key]

    def __contains__(self, value: object) -> bool:
        """Whether there is an array of this name, or the array has this value."""
        return value in self._arrays if isinstance(value, str) else bool((np.asarray(self) == value).any())

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._arrays.keys()

    def values(self) -> ValuesView[Floats]:
        """Return the arrays."""
        return self._arrays.values()

    def items(self) -> ItemsView[str, Floats]:
        """Return names and arrays."""
        return self._arrays.items()

    def copy(self, order: Any = "C") -> Any:
        """Return a plain array that can be written to."""
        return np.array(self, order=order)

    def __reduce__(self) -> Any:
        """Pickle the plain array."""
        return np.asarray(self).__reduce__()

    def __repr__(self) -> str:
        """Return that of the plain array."""
        return repr(np.asarray(self))
