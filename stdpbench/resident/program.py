"""The library of a network."""

from __future__ import annotations

import ctypes
import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from weakref import proxy, ref

import brian2
import numpy as np
from brian2.codegen.cpp_prefs import get_compiler_and_args
from brian2.core.network import Network
from brian2.input.spikegeneratorgroup import SpikeGeneratorGroup
from brian2.units.fundamentalunits import get_dimensions

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.signals import handled
from stdpbench.compiling.entries import SUFFIX, entry_folder, fetch_entry
from stdpbench.compiling.loading import load
from stdpbench.compiling.toolchain import compile_as_told, cpu_flags, find_compiler
from stdpbench.resident.source import Source, Writer, is_exact, outside


class Queue:
    """The spikes that are on their way in a pathway, as Brian2 stores and restores them."""

    def __init__(self) -> None:
        self.steps: tuple[int, list[Any]] | None = None
        self.dt = 0.0
        self.program: Program | None = None
        self.number = 0

    def _full_state(self) -> tuple[int, list[Any]]:
        if self.program is not None:
            return self.program.waiting(self.number)
        return self.steps or (0, [])

    def _restore_from_full_state(self, state: tuple[int, list[Any]] | None) -> None:
        self.steps = state or (0, [])
        if self.program is not None:
            self.program.set_waiting(self.number, self.steps)


class Program:
    """A compiled network, loaded into this process.

    Parameters
    ----------
    device : ResidentDevice
        The device.
    objects : list of BrianObject
        The objects of the network in the order in which they run, with generated code.
    clocks : set of Clock
        Their clocks.
    namespace : dict
        Names outside the network.
    """

    def __init__(
        self, device: Any, objects: Sequence[Any], clocks: Iterable[Any], namespace: Mapping[str, Any]
    ) -> None:
        self._device = device
        active = [obj for obj in objects if obj.active]
        self._fingerprint = _fingerprint(objects)
        self.source: Source = Writer(device, active, clocks, namespace).write()
        self._light = [obj for obj in active if _prepares_itself(obj)]
        compiling = [code.compiler_kwds for obj in active for code in obj.code_objects]
        self._dll = load(_fetched(self.source.text, compiling), self)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self._dll, name)
            function.restype, function.argtypes = result, arguments
        self._constants = np.array([float(each.constant.value) for each in self.source.externals] or [0.0])
        self._views = list[tuple[int, Any]]()
        for number, array in enumerate(self.source.arrays):
            if array.kind == "fixed":
                self._dll.resident_bind(number, array.values.ctypes.data, array.values.size)
            elif array.kind == "view":
                self._views.append((number, array.values))
        self._recorded = [
            (number, array) for number, array in enumerate(self.source.arrays) if array.kind in ("vector", "rows")
        ]
        self._dll.resident_bind(-1, self._constants.ctypes.data, len(self._constants))
        for number, pathway in enumerate(self.source.pathways):
            queue, dt = pathway.queue, pathway.source.clock.dt_
            steps = queue._full_state()
            queue.program, queue.number = proxy(self), number
            if steps[1]:
                self._dll.resident_set_queue_dt(number, queue.dt or dt)
                self.set_waiting(number, steps)
            queue.dt = dt
        for number, code in enumerate(self.source.codes):
            code.once = partial(_run_once, proxy(self), number)
        self._fresh = True

    def fits(self, objects: Sequence[Any], namespace: Mapping[str, Any]) -> bool:
        """Return whether the library is that of a network, with the same functions from outside."""
        if self._fingerprint != _fingerprint(objects):
            return False
        for owner, name, function in self.source.functions:
            now = outside(owner, name, namespace)
            if now is not function and now is not function.pyfunc:
                return False
        for number, each in enumerate(self.source.externals):
            value = outside(each.owner, each.name, namespace)
            now = np.asarray(value)
            if now.dtype != each.constant.dtype or get_dimensions(value) != each.constant.dim:
                return False
            if not is_exact(now) and now != each.constant.value:
                return False
            self._constants[number] = now
        return True

    def begin(self, namespace: Mapping[str, Any]) -> None:
        """Prepare a run: objects that prepare themselves, and arrays that may have grown."""
        if not self._fresh:
            for obj in self._light:
                object.__setattr__(obj, "create_code_objects", lambda run_namespace: None)
                try:
                    obj.before_run(namespace)
                finally:
                    object.__delattr__(obj, "create_code_objects")
        self._fresh = False
        self._bind()

    def _bind(self) -> None:
        for number, variable in self._views:
            values = self._device.arrays[variable].data
            self._dll.resident_bind(number, values.__array_interface__["data"][0], values.shape[0])
        dll = self._dll
        dll.resident_bind(-2, self._device.generator_for(dll.resident_generator_size(), dll.resident_seed), 0)

    def run(
        self, net: Any, tell: Callable[..., None] | None, every: float, longest: Any, *, profile: bool = False
    ) -> list[tuple[str, float]]:
        """Run until all clocks have reached their ends.

        Parameters
        ----------
        net : Network
            The network.
        tell : callable or None
            Called with seconds since the start and the time of the network.
        every : float
            Seconds between two calls; signals and `longest` are looked after as often.
        longest : float or None
            Seconds after which the run stops.
        profile : bool
            Whether to measure the time that objects take.

        Returns
        -------
        list of (str, float)
            Name and seconds of each object that does something; 0 unless measured.
        """
        clocks, python, began = self.source.clocks, self.source.python, time.time()
        last = np.array([clock._i_end for clock in clocks], np.int64)
        failure, signals = list[BaseException](), list[tuple[int, Any]]()
        interrupt = signal.getsignal(signal.SIGINT)

        def call(number: int) -> int:
            try:
                if signals and callable(interrupt):  # raised here, where it can be caught
                    interrupt(*signals.pop())
                net.t_ = time_of(clocks)
                if number >= 0:
                    self._take()
                    python[number].run()
                    self._bind()
                else:
                    elapsed = time.time() - began
                    if tell is not None:
                        tell(elapsed, float(net.t_))
                    if longest is not None and elapsed > float(longest):
                        net._stopped = True
                return int(net._stopped or Network._globally_stopped)
            except BaseException as error:  # raised again behind the library
                failure.append(error)
                return 2

        spent = np.zeros(len(self.source.objects))
        if not net._stopped:  # by the report of the start
            with handled(lambda number, frame: signals.append((number, frame)), signal.SIGINT):
                self._dll.resident_run(last.ctypes.data, _CALL(call), every, spent.ctypes.data if profile else None)
            self._take()
            if signals and callable(interrupt):
                interrupt(*signals.pop())
        if failure:
            raise failure[0]
        return [(obj.name, seconds) for obj, seconds in zip(self.source.objects, spent.tolist(), strict=True)]

    def run_once(self, number: int) -> None:
        """Run the code of an object at the present time."""
        self._bind()
        self._dll.resident_run_once(number)
        self._take()

    def _take(self) -> None:
        """Append what monitors have recorded to their arrays."""
        n, arrays = ctypes.c_int64(), self._device.arrays
        for number, array in self._recorded:
            place = self._dll.resident_recorded(number, ctypes.byref(n))
            if not n.value:
                continue
            target = arrays[array.values]
            before, dtype = target.data.shape[0], target.data.dtype
            width = target.data.shape[1] if array.kind == "rows" else 1
            memory = (ctypes.c_char * (n.value * dtype.itemsize)).from_address(place)
            values = np.frombuffer(memory, dtype)
            if array.kind == "rows":
                target.resize_along_first((before + n.value // width, width))
                target.data[before:] = values.reshape(-1, width)
            else:
                target.resize(before + n.value)
                target.data[before:] = values
            owner = array.values.owner
            array.values.size = target.data.shape if array.kind == "rows" else target.data.shape[0]
            arrays[owner.variables["N"]][...] = target.data.shape[0]
        self._dll.resident_clear_recorded()

    def waiting(self, number: int) -> tuple[int, list[Any]]:
        """Return how far a queue has turned, and the synapses in each of its steps."""
        offset, n = ctypes.c_int32(), ctypes.c_int64()
        steps = []
        for step in range(self._dll.resident_queue(number, ctypes.byref(offset))):
            place = self._dll.resident_waiting(number, step, ctypes.byref(n))
            memory = (ctypes.c_int32 * n.value).from_address(place) if n.value else ()
            steps.append(np.array(memory, np.int32))
        return offset.value, steps

    def set_waiting(self, number: int, state: tuple[int, list[Any]]) -> None:
        """Set what `waiting` returns."""
        offset, steps = state
        for step, synapses in enumerate(steps or [np.empty(0, np.int32)]):
            values = np.ascontiguousarray(synapses, np.int32)
            self._dll.resident_set_waiting(number, step, values.ctypes.data, len(values), max(1, len(steps)), offset)

    def close(self) -> None:
        """Leave the spikes that are on their way to the next library of the network."""
        for number, pathway in enumerate(self.source.pathways):
            pathway.queue.steps, pathway.queue.program = self.waiting(number), None


def time_of(clocks: Iterable[Any]) -> float:
    """Return the time, in seconds, of the clock that is next."""
    return min(float(clock.variables["t"].get_value()[0]) for clock in clocks)


def _run_once(program: Program, number: int) -> None:
    program.run_once(number)


def _fingerprint(objects: Sequence[Any]) -> list[Any]:
    """Return everything about objects that generated code depends on and that a script can change."""
    return [
        (ref(obj), obj.active, obj.when, obj.order, ref(obj.clock), obj.clock.dt_, *_text_of(obj)) for obj in objects
    ]


def _text_of(obj: Any) -> list[str]:
    """Return what a script may write anew about an object: code, conditions of events, the method of integration."""
    return [str(getattr(obj, name, "")) for name in ("code", "events", "event_codes", "method_choice")]


def _prepares_itself(obj: Any) -> bool:
    """Return whether an object does more before a run than generate and check code."""
    own = type(obj).before_run
    return own is SpikeGeneratorGroup.before_run or not own.__module__.startswith("brian2.")


_CALL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int32)
_int, _long, _place = ctypes.c_int32, ctypes.c_int64, ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "resident_bind": (None, [_int, _place, _long]),
    "resident_recorded": (_place, [_int, _place]),
    "resident_clear_recorded": (None, []),
    "resident_queue": (_int, [_int, _place]),
    "resident_waiting": (_place, [_int, _int, _place]),
    "resident_set_waiting": (None, [_int, _int, _place, _long, _int, _int]),
    "resident_set_queue_dt": (None, [_int, ctypes.c_double]),
    "resident_generator_size": (_long, []),
    "resident_seed": (None, [_place, ctypes.c_uint64]),
    "resident_run_once": (None, [_int]),
    "resident_run": (_int, [_place, _CALL, ctypes.c_double, _place]),
}


def _fetched(text: str, compiling: Sequence[Mapping[str, Any]]) -> Path:
    """Return the library of a translation unit; compile it if it is not in the cache."""
    compiler = find_compiler()
    if compiler is None:
        raise StdpbenchError("there is no C++ compiler on this machine: install one, or use set_device('runtime')")

    def every(key: str) -> list[Any]:
        return list(dict.fromkeys(value for wanted in compiling for value in wanted.get(key, [])))

    root = Path(brian2.__file__).parent
    folders = [root / "devices" / "cpp_standalone", root / "synapses", *every("include_dirs")]
    flags = [*get_compiler_and_args()[1], *(f"-I{folder}" for folder in folders)]
    flags += [f"-D{name}" if value is None else f"-D{name}={value}" for name, value in every("define_macros")]
    link = [f"-L{folder}" for folder in every("library_dirs")] + [f"-l{name}" for name in every("libraries")]
    link += [f"-Wl,-rpath,{folder}" for folder in every("runtime_library_dirs")]
    sources = [Path(source) for source in every("sources")]
    depends = [text, flags, link, [source.read_text(encoding="utf-8") for source in sources]]
    depends += [compiler.command, compiler.version, brian2.__version__, sorted(cpu_flags())]
    folder = entry_folder(hashlib.sha256(json.dumps(depends).encode()).hexdigest())
    name = f"network{SUFFIX}"

    def make(temporary: Path) -> None:
        unit = temporary / "network.cpp"
        unit.write_text(text, encoding="utf-8")
        compile_as_told(compiler, [unit, *sources], temporary / name, flags, link, folder.with_suffix(".log"))

    fetch_entry(folder, (name,), make)
    return folder / name
