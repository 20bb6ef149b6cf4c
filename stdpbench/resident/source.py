"""The C++ of a network: one translation unit from the code that Brian2 generates for its objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.codegen.generators.cpp_generator import CPPNodeRenderer, c_data_type
from brian2.core.base import BrianObject
from brian2.core.functions import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, Function
from brian2.core.namespace import DEFAULT_UNITS
from brian2.core.variables import ArrayVariable, Constant, DynamicArrayVariable
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.synapses.synapses import SynapticPathway
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError

MONITORS = ("spikemonitor", "statemonitor", "ratemonitor")
"""Templates of objects whose arrays grow while the network runs."""

_OURS = ('"code_objects/', '"objects.h"', '"synapses_classes.h"', '"brianlib/')  # headers that whole.cpp stands for


class ResidentCode(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Generated code that is compiled into the library of its network, which also runs it."""

    templater = CPPStandaloneCodeObject.templater.derive(
        ("stdpbench.resident", "stdpbench.compiling"), templates_dir=("templates", "templates")
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.once: Callable[[], None] | None = None  # set by the library

    def run_block(self, block: str) -> None:
        """Run the code outside a run; the library itself runs the code before, in and after a run."""
        if block == "run" and self.once is not None:
            self.once()


@dataclass(frozen=True)
class Array:
    """An array that the library reads or writes.

    Attributes
    ----------
    name, type : str
        Its name and the type of its elements in C++.
    kind : {"fixed", "view", "vector", "rows"}
        One of constant size, one of Brian2 that may grow between runs, or what a monitor records: one number or a row
        at a time.
    values : ndarray or Variable
        The array itself, or Brian2's variable, whose array may be another one in the next run.
    """

    name: str
    type: str
    kind: str
    values: Any


@dataclass(frozen=True)
class External:
    """A number from outside the network, which each run reads again.

    Attributes
    ----------
    owner : Group
        The group whose code uses it.
    name : str
        Its name.
    constant : Constant
        Its value and dimensions when the code was generated.
    """

    owner: Any
    name: str
    constant: Any


@dataclass
class Source:
    """A translation unit, and what the process has to provide.

    Attributes
    ----------
    text : str
        The C++.
    arrays : list of Array
        Arrays, by their numbers in the library.
    externals : list of External
        Numbers from outside the network, by their numbers.
    functions : list of tuple
        Group, name and object of each function from outside.
    pathways : list of SynapticPathway
        Pathways, by the numbers of their queues.
    python : list of BrianObject
        Objects that run in Python, by their numbers.
    codes : list of ResidentCode
        Code of objects, by its numbers; each object may have several.
    objects : list of BrianObject
        Objects that do something, in the order in which they run.
    clocks : list of Clock
        Clocks, in the order in which the library knows them.
    """

    text: str = ""
    arrays: list[Array] = field(default_factory=list)
    externals: list[External] = field(default_factory=list)
    functions: list[tuple[Any, str, Any]] = field(default_factory=list)
    pathways: list[Any] = field(default_factory=list)
    python: list[Any] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)
    objects: list[Any] = field(default_factory=list)
    clocks: list[Any] = field(default_factory=list)


class Writer:
    """Writes the translation unit of a network whose objects are ready to run."""

    def __init__(
        self, device: Any, objects: Sequence[Any], clocks: Iterable[Any], namespace: Mapping[str, Any]
    ) -> None:
        self._device, self._objects, self._namespace = device, objects, namespace
        self._source = Source(clocks=sorted(clocks, key=lambda clock: str(clock.name)))
        self._arrays: dict[str, Array] = {}
        self._external: dict[tuple[int, str], int] = {}
        self._codes: list[str] = []
        self._headers: list[str] = []
        self._before: list[str] = []
        self._after: list[str] = []

    def write(self) -> Source:
        """Return the source."""
        source, entries = self._source, list[dict[str, Any]]()
        clocks = [
            {name: self._array(clock.variables[name]).name for name in ("timestep", "t", "dt")}
            for clock in source.clocks
        ]
        for obj in self._objects:
            entry: dict[str, Any] = {
                "clock": source.clocks.index(obj.clock),
                "lines": [],
                "python": None,
                "first": len(source.codes),
            }
            if isinstance(obj, SynapticPathway):
                source.pathways.append(obj)
                self._array(obj.synapse_sources)
            if type(obj).run is not BrianObject.run:
                entry["python"] = len(source.python)
                source.python.append(obj)
            else:
                entry["lines"] = [self._add(code) for code in obj.code_objects]
            if isinstance(obj, SynapticPathway):
                entry["lines"][-1] += f" {obj.name}.advance();"
            if entry["lines"] or entry["python"] is not None:
                entries.append(entry)
                source.objects.append(obj)
        source.arrays = list(self._arrays.values())
        pathways = [
            {"name": each.name, "start": each.spikes_start, "stop": each.spikes_stop} for each in source.pathways
        ]
        source.text = ResidentCode.templater.env.get_template("whole.cpp").render(
            headers=list(dict.fromkeys(self._headers)),
            arrays=source.arrays,
            pathways=pathways,
            codes=self._codes,
            clocks=clocks,
            entries=entries,
            before=self._before,
            after=self._after,
        )
        return source

    def _add(self, code: Any) -> str:
        """Add the code of an object; return the line that runs it."""
        self._source.codes.append(code)
        declared = "\n".join(dict.fromkeys(self._declarations(code)))
        for block, calls in (("before_run", self._before), ("after_run", self._after)):
            text = getattr(code.code, f"{block}_cpp_file")
            if text.strip() and "EMPTY_CODE_BLOCK" not in text:
                calls.append(self._part(text, f"_{block}_{code.name}", declared))
        return self._part(code.code.cpp_file, f"_run_{code.name}", declared)

    def _part(self, text: str, function: str, declared: str) -> str:
        """Add a function in a namespace of its own, with its headers and constants; return the line that calls it."""
        for header in re.findall(r"^\s*#include\s*(\S+)\s*$", text, re.MULTILINE):
            if not header.startswith(_OURS):
                self._headers.append(header)
        text = re.sub(r"^\s*#include.*$", "", text, flags=re.MULTILINE)
        self._codes.append(text.replace("%CONSTANTS%", declared).replace(f"{function}(", "run("))
        return f"code_{len(self._codes) - 1}::run();"

    def _declarations(self, code: Any) -> Iterable[str]:
        """Yield the declarations of the constants and sizes that code uses."""
        grown = code.owner.name if code.template_name in MONITORS else None
        for name, variable in code.variables.items():
            if isinstance(variable, ArrayVariable):
                array = self._array(variable, grown)
                if array.kind == "fixed":
                    yield f"const size_t _num{name} = {variable.size};"
                elif array.kind != "rows":
                    pointer = self._device.get_array_name(variable)
                    yield f"{array.type} *const {pointer} = {array.name}.empty() ? 0 : &{array.name}[0];"
                    yield f"const size_t _num{name} = {array.name}.size();"
            elif isinstance(variable, Constant):
                kind, value = c_data_type(variable.dtype), CPPNodeRenderer().render_expr(repr(variable.value))
                if variable.owner is None and self._is_outside(code.owner, name):
                    number = self._number(code.owner, name, variable)
                    value = f"({kind})_constants[{number}]" if is_exact(variable.value) else value
                yield f"const {kind} {name} = {value};"
            elif isinstance(variable, Function):
                self._function(code, name, variable)

    def _is_outside(self, owner: Any, name: str) -> bool:
        """Return whether a name is one of the script: Brian2's own come first."""
        known = name in DEFAULT_CONSTANTS or name in DEFAULT_UNITS or name in DEFAULT_FUNCTIONS
        return not known and outside(owner, name, self._namespace) is not None

    def _number(self, owner: Any, name: str, constant: Any) -> int:
        """Return the number of a constant from outside."""
        key = id(owner.namespace), f"{name} {constant.value!r}"
        if key not in self._external:
            self._external[key] = len(self._source.externals)
            self._source.externals.append(External(owner, name, constant))
        return self._external[key]

    def _function(self, code: Any, name: str, function: Any) -> None:
        """Note a function from outside, and bind the arrays that it needs."""
        if self._is_outside(code.owner, name):
            self._source.functions.append((code.owner, name, function))
        implementation = function.implementations[ResidentCode]
        for key, value in (implementation.get_namespace(code.owner) or {}).items():
            if isinstance(value, np.ndarray):
                kept: NDArray[Any] = np.ascontiguousarray(value)
                array = self._arrays.setdefault(key, Array(key, c_data_type(value.dtype), "fixed", kept))
                if not np.array_equal(array.values, kept):
                    raise StdpbenchError(f"two functions have different arrays {key}: give them other names")

    def _array(self, variable: Any, grown: str | None = None) -> Array:
        """Return an array; `grown` is the name of the monitor whose arrays grow."""
        name = self._device.get_array_name(variable, access_data=False)
        if name not in self._arrays:
            kind, values = "fixed", self._device.get_value(variable, access_data=False)
            if isinstance(variable, DynamicArrayVariable):
                kind, values = "view", variable
                if grown is not None and getattr(variable.owner, "name", None) == grown:
                    kind = "rows" if variable.ndim == 2 else "vector"
            self._arrays[name] = Array(name, c_data_type(variable.dtype), kind, values)
        return self._arrays[name]


def outside(owner: Any, name: str, namespace: Mapping[str, Any]) -> Any:
    """Return the object of a name outside the network; None if there is none now."""
    own = getattr(owner, "namespace", None)
    if own is not None and name in own:
        return own[name]
    return namespace.get(name)


def is_exact(number: Any) -> bool:
    """Return whether a number is the same as a double; large integers are not."""
    return bool(np.asarray(number).dtype.kind not in "iu" or abs(int(number)) <= 2**53)
