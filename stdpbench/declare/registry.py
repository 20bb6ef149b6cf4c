"""Families of kinds: plasticity rules, encoders, neurons, data sets, read-outs.

A kind is one file with one `Parameters` class and one line of registration, ``"module:Class"``, in its family. Kinds
are imported on demand. Other packages add kinds through an entry point in the group of the family,
``stdpbench.<family>``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Generic, NoReturn, TypeVar, cast

from pydantic import ConfigDict

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.declare.parameters import Parameter, Parameters, build

T = TypeVar("T")
K = TypeVar("K", bound=Parameters)
_STAND_INS: ContextVar[bool] = ContextVar("stand_ins", default=False)


class MissingKindError(StdpbenchError):
    """A kind that no installed package provides, or whose package is faulty.

    Attributes
    ----------
    clause : str
        Names the kind and the reason, such as ``"the neuron 'x' is not installed"``.
    """

    def __init__(self, sentence: str, clause: str) -> None:
        super().__init__(sentence)
        self.clause = clause


@lru_cache(maxsize=1)
def _all_entry_points(_path: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
    """Return the entry points that add kinds, by group; cached per import path, since this reads many files."""
    installed = entry_points()
    return {group: list(installed.select(group=group)) for group in installed.groups if group.startswith("stdpbench.")}


class Registry(Generic[T]):
    """Named objects of this package and of others: the classes of a family of kinds, panels, simulators, chips.

    Parameters
    ----------
    name : str
        Name of one of them in messages, such as ``"panel"``.
    base : type
        The class that each derives from, or is an instance of.
    built_in : mapping of str to str
        ``name -> "module:object"``.
    group : str
        Entry point group for those of other packages.
    check : callable, optional
        Raises a `StdpbenchError` if one of another package cannot be used.
    """

    def __init__(
        self,
        name: str,
        base: type,
        built_in: Mapping[str, str],
        group: str,
        check: Callable[[T], None] = lambda loaded: None,
    ) -> None:
        self.name = name
        self._check = check
        self.base = base
        self.group = group
        self._built_in = dict(built_in)
        self._announced_on: tuple[str, ...] = ()
        self._announced: tuple[EntryPoint, ...] | None = None

    def kinds(self) -> tuple[str, ...]:
        """Return all names: built-in ones first, then those of other packages."""
        others = sorted(point.name for point in self._points())
        return (*self._built_in, *(name for name in others if name not in self._built_in))

    def _points(self) -> tuple[EntryPoint, ...]:
        """Return the entry points of other packages, cached per import path because this reads every package."""
        path = tuple(sys.path)
        if self._announced is None or self._announced_on != path:
            self._announced, self._announced_on = tuple(_all_entry_points(path).get(self.group, ())), path
        return self._announced

    def get(self, kind: str, where: str = "kind") -> T:
        """Return the object of a name; `where` begins the message of an error.

        Raises
        ------
        MissingKindError
            If there is no such name, or the object of another package cannot be loaded or fails the check.
        """
        if kind in self._built_in:
            module, _, name = self._built_in[kind].partition(":")
            return self._checked(kind, getattr(import_module(module), name))
        for point in self._points():
            if point.name == kind:
                try:
                    loaded = self._checked(kind, point.load())
                    self._check(loaded)
                except StdpbenchError as error:
                    clause = f"the {self.name} {kind!r} of {point.value} cannot be used: {error}"
                except Exception as error:  # any error of another package
                    message = " ".join(str(error).split())
                    clause = f"the {self.name} {kind!r} of {point.value} cannot be loaded: {message}"
                else:
                    return loaded
                raise MissingKindError(f"{where}: {clause}", clause)
        raise MissingKindError(
            f"{where}: there is no {self.name} {kind!r}; {suggestion(kind, self.kinds())}",
            f"the {self.name} {kind!r} is not installed",
        )

    def usable(self) -> dict[str, T]:
        """Return all objects by name, without those of other packages that cannot be used."""
        usable: dict[str, T] = {}
        for kind in self.kinds():
            with suppress(MissingKindError):
                usable[kind] = self.get(kind)
        return usable

    def _checked(self, kind: str, loaded: Any) -> T:
        """Return the object if it is one of this registry under this name."""
        if isinstance(loaded, self.base) or (isinstance(loaded, type) and issubclass(loaded, self.base)):
            return cast("T", loaded)
        raise StdpbenchError(
            f"{loaded!r} is registered as the {self.name} {kind!r}, but is not a {self.base.__name__}"
        )


class Family(Registry[type[K]]):
    """A family of kinds: classes of parameters, each with its name as ``kind``; see `Registry`."""

    base: type[K]

    def build(self, mapping: Mapping[str, Any], where: str) -> K:
        """Create an object from a table with a ``kind`` and its parameters."""
        if not isinstance(mapping, Mapping):
            raise StdpbenchError(f"{where} must be a table of parameters, not {mapping!r}")
        if "kind" not in mapping:
            raise StdpbenchError(f"{where}.kind is missing; known kinds are {', '.join(self.kinds())}")
        return build(self.get(str(mapping["kind"]), f"{where}.kind"), mapping, where)

    def read(self, mapping: Mapping[str, Any], where: str) -> K:
        """Create an object like `build`; for a missing kind, create a stand-in that keeps the values of the table."""
        token = _STAND_INS.set(True)
        try:
            return self.build(mapping, where)
        except MissingKindError as error:
            cls: type[K] = _stand_in(self.base, json.dumps(dict(mapping), default=str), error.clause)
            return build(cls, mapping, where)
        finally:
            _STAND_INS.reset(token)

    def nested(self, mapping: Mapping[str, Any], where: str) -> K:
        """Create a nested object: like `read` within a call of `read`, else like `build`."""
        return self.read(mapping, where) if _STAND_INS.get() else self.build(mapping, where)

    def _checked(self, kind: str, cls: Any) -> type[K]:
        if isinstance(cls, type) and issubclass(cls, self.base):
            field = cls.model_fields.get("kind")
            if field is not None and field.default == kind:
                return cls
        name = f"{cls.__module__}:{cls.__qualname__}" if hasattr(cls, "__qualname__") else repr(cls)
        raise StdpbenchError(
            f"{name} is registered as the {self.name} {kind!r}, but is not a {self.base.__name__} with kind = {kind!r}"
        )


@lru_cache(maxsize=256)
def _stand_in(base: type[K], table: str, clause: str) -> type[K]:
    """Return the class of a stand-in; cached per table, so that stand-ins of equal tables are equal."""
    stored: dict[str, Any] = json.loads(table)

    def refuse(self: Parameters, *arguments: Any, **keywords: Any) -> NoReturn:
        raise StdpbenchError(clause)

    def describe(cls: type[Parameters]) -> tuple[Parameter, ...]:
        help_ = f"As stored: {clause}."
        values = [(name, value) for name, value in stored.items() if name != "kind"]
        return tuple(Parameter(n, "str", None, v, None, None, False, False, (), help_, True) for n, v in values)

    namespace = {
        "__module__": __name__,
        "__doc__": f"A stand-in: {clause}.",
        "__annotations__": {"kind": str, "summary": ClassVar[str]},
        "kind": stored["kind"],
        "summary": clause,
        "missing": clause,
        "model_config": ConfigDict(extra="allow"),
        "describe": classmethod(describe),
        "to_mapping": lambda self: dict(stored),
        **dict.fromkeys(getattr(base, "__abstractmethods__", ()), refuse),
    }
    metaclass: Any = type(base)
    stand_in: type[K] = metaclass("StandIn", (base,), namespace)
    return stand_in
