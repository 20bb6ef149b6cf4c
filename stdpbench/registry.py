"""Families of kinds: plasticity rules, encoders, neurons, data sets, read-outs.

A kind is one file with one `Parameters` class and one line of registration, ``"module:Class"``, in its family. Kinds
are imported when they are asked for. Other packages add kinds through an entry point in the family's group, which is
``stdpbench.<family>``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from stdpbench.errors import StdpbenchError, suggestion
from stdpbench.parameters import Parameters, build

K = TypeVar("K", bound=Parameters)


class Family(Generic[K]):
    """All kinds of one sort.

    Parameters
    ----------
    name : str
        What one kind is called in a sentence, such as ``"plasticity rule"``.
    base : type
        The class that every kind derives from.
    built_in : mapping of str to str
        ``kind -> "module:Class"``.
    group : str
        Entry point group in which other packages announce kinds.
    """

    def __init__(self, name: str, base: type[K], built_in: Mapping[str, str], group: str) -> None:
        self.name = name
        self.base = base
        self.group = group
        self._built_in = dict(built_in)
        self._announced_on: tuple[str, ...] = ()
        self._announced: tuple[EntryPoint, ...] | None = None

    def kinds(self) -> tuple[str, ...]:
        """Names of all kinds: the built-in ones first, then those of other packages."""
        others = sorted(point.name for point in self._points())
        return (*self._built_in, *(name for name in others if name not in self._built_in))

    def _points(self) -> tuple[EntryPoint, ...]:
        """What other packages announce; for which the files of all packages are read, so once per import path."""
        path = tuple(sys.path)
        if self._announced is None or self._announced_on != path:
            self._announced, self._announced_on = tuple(entry_points(group=self.group)), path
        return self._announced

    def get(self, kind: str, where: str = "kind") -> type[K]:
        """The class of a kind.

        Raises
        ------
        StdpbenchError
            If there is no such kind, or a package announces one that does not load.
        """
        if kind in self._built_in:
            module, _, name = self._built_in[kind].partition(":")
            return self._checked(kind, getattr(import_module(module), name))
        for point in self._points():
            if point.name == kind:
                try:
                    loaded = point.load()
                except Exception as error:
                    raise StdpbenchError(
                        f"{where}: the {self.name} {kind!r} of {point.value} does not load: "
                        + " ".join(str(error).split())
                    ) from error
                return self._checked(kind, loaded)
        raise StdpbenchError(f"{where}: there is no {self.name} {kind!r}; {suggestion(kind, self.kinds())}")

    def build(self, mapping: Mapping[str, Any], where: str) -> K:
        """Make an object from a table with a ``kind`` and its parameters."""
        if not isinstance(mapping, Mapping):
            raise StdpbenchError(f"{where} must be a table of parameters, not {mapping!r}")
        if "kind" not in mapping:
            raise StdpbenchError(f"{where}.kind is missing; known kinds are {', '.join(self.kinds())}")
        return build(self.get(str(mapping["kind"]), f"{where}.kind"), mapping, where)

    def _checked(self, kind: str, cls: Any) -> type[K]:
        if isinstance(cls, type) and issubclass(cls, self.base):
            field = cls.model_fields.get("kind")
            if field is not None and field.default == kind:
                return cls
        name = f"{cls.__module__}:{cls.__qualname__}" if hasattr(cls, "__qualname__") else repr(cls)
        raise StdpbenchError(
            f"{name} is registered as the {self.name} {kind!r}, but is no {self.base.__name__} whose kind is {kind!r}"
        )
