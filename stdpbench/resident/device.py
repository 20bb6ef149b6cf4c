"""The Brian2 device ``resident``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakSet

import numpy as np
from brian2.core.namespace import get_local_namespace
from brian2.core.network import Network, TextReport
from brian2.core.preferences import prefs
from brian2.devices.device import RuntimeDevice
from brian2.groups.group import Group
from brian2.units import Quantity, second
from numpy.typing import NDArray

from stdpbench.resident.program import Program, Queue, time_of
from stdpbench.resident.source import ResidentCode

_PROGRAM = "_stdpbench_resident"  # attribute of a network
_EVERY = 0.1  # s, at most, after which a run looks after reports and signals


class ResidentDevice(RuntimeDevice):  # type: ignore[misc]
    """Runtime mode whose runs are those of a compiled library.

    Between two runs everything is as in runtime mode, since the library works on Brian2's own arrays.

    Attributes
    ----------
    compiled : int
        Number of libraries that this process has compiled or taken from the cache.
    """

    def __init__(self) -> None:
        super().__init__()
        self.compiled = 0
        self._generating = False
        self._named: dict[str, list[Any]] | None = None
        self._programs: WeakSet[Program] = WeakSet()  # each is an attribute of its network
        self.generator: NDArray[np.uint8] | None = None  # the state of the library's random numbers
        self._seed: int | None = None

    def reinit(self) -> None:
        """Forget all networks."""
        for program in self._programs:
            program.close()
        self._programs.clear()

    def seed(self, seed: int | None = None) -> None:
        """Seed the random numbers of NumPy, and of the library as those of standalone mode."""
        super().seed(seed)
        self._seed, self.generator = seed, None

    def get_random_state(self) -> dict[str, Any]:
        """Return the state of all random numbers."""
        state: dict[str, Any] = super().get_random_state()
        generator = None if self.generator is None else self.generator.copy()
        return state | {"resident": (self._seed, generator)}

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Restore the state of all random numbers."""
        super().set_random_state(state)
        self._seed, generator = state.get("resident", (None, None))
        self.generator = None if generator is None else generator.copy()

    def get_array_name(self, var: Any, access_data: bool = True) -> str:
        """Return the name of an array in generated code, in a library unlike that of any other variable."""
        name = str(super().get_array_name(var, access_data))
        if self._named is None:
            return name
        alike = self._named.setdefault(str(super().get_array_name(var)), [])
        number = next((k for k, other in enumerate(alike) if other is var), len(alike))
        if number == len(alike):
            alike.append(var)
        return f"{name}__{number}" if number else name

    def spike_queue(self, source_start: int, source_end: int) -> Queue:
        """Return the queue of a pathway, whose spikes are in the library once it exists."""
        return Queue()

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: str = "codegen.target") -> Any:
        """Return the class of code that the library runs, or of code that runs at once."""
        if self._generating:
            return ResidentCode
        return super().code_object_class(codeobj_class, fallback_pref)

    def code_object(self, *arguments: Any, **options: Any) -> Any:
        """Generate code."""
        if self._generating:
            headers = (options.get("compiler_kwds") or {}).get("headers", [])
            more = {"user_headers": prefs["codegen.cpp.headers"] + headers, "profiled": False}
            options["template_kwds"] = {**(options.get("template_kwds") or {}), **more}
            options["codeobj_class"] = ResidentCode
        return super().code_object(*arguments, **options)

    def network_run(
        self,
        net: Any,
        duration: Any,
        report: Any = None,
        report_period: Any = 10 * second,
        namespace: Mapping[str, Any] | None = None,
        profile: bool | None = None,
        level: int = 0,
    ) -> None:
        """Run a network; see `brian2.Network.run`."""
        if duration < 0:
            raise ValueError(f"Function 'run' expected a non-negative duration but got '{duration}'")
        objects = net.sorted_objects
        net._clocks = {obj.clock for obj in objects}
        start, end = net.t, net.t + duration
        for clock in net._clocks:
            clock.set_interval(start, end)
        if profile is None:
            profile = self.build_options.get("profile", False)
        if namespace is None:
            namespace = get_local_namespace(level=level + 2)
        if not objects:
            return
        program = vars(net).get(_PROGRAM)
        if program not in self._programs or not program.fits(objects, namespace):
            program = self._prepared(net, objects, namespace)
        program.begin(namespace)
        net._stopped = Network._globally_stopped = False
        every = min(_EVERY, float(report_period)) if report is not None else _EVERY
        tell = _report(report, float(report_period), float(start), duration)
        Network._globally_running = True
        began = time.time()
        try:
            spent = program.run(net, tell, every, self._maximum_run_time, profile=bool(profile))
        finally:
            Network._globally_running = False
        self._last_run_time = time.time() - began
        net.t_ = time_of(net._clocks) if net._stopped or Network._globally_stopped else float(end)
        done = float((net.t - start) / duration) if duration > 0 else 1.0
        self._last_run_completed_fraction = done
        for obj in objects:
            if isinstance(obj, Group):
                obj._check_for_invalid_states()
        if tell is not None:
            tell(self._last_run_time, float(net.t), True)
        net.after_run()
        net._profiling_info = [(name, seconds * second) for name, seconds in spent] if profile else None

    def _prepared(self, net: Any, objects: list[Any], namespace: Mapping[str, Any]) -> Program:
        """Generate and load the library of a network."""
        if (old := vars(net).pop(_PROGRAM, None)) in self._programs:
            old.close()
        self._generating, self._named = True, {}
        threads = prefs["devices.cpp_standalone.openmp_threads"]
        prefs["devices.cpp_standalone.openmp_threads"] = 0
        try:
            net.before_run(namespace)
            program = Program(self, objects, net._clocks, namespace)
        finally:
            self._generating, self._named = False, None
            prefs["devices.cpp_standalone.openmp_threads"] = threads
        self.compiled += 1
        self._programs.add(program)
        vars(net)[_PROGRAM] = program
        return program

    def generator_for(self, size: int, seed: Callable[[int, int], None]) -> int:
        """Return the address of the state of random numbers, which is made with the first library."""
        if self.generator is None:
            self.generator = np.zeros(size, np.uint8)
            value = np.random.SeedSequence().generate_state(1)[0] if self._seed is None else self._seed
            seed(self.generator.ctypes.data, int(value))
        return int(self.generator.ctypes.data)


def _report(report: Any, period: float, start: float, duration: Any) -> Callable[..., None] | None:
    """Return a function that reports progress as Brian2 does, at most once in a period."""
    if report is None:
        return None
    if report in ("text", "stdout", "stderr"):
        report = TextReport(sys.stderr if report == "stderr" else sys.stdout)
    elif isinstance(report, str):
        raise ValueError(f'Do not know how to handle report argument "{report}".')
    elif not callable(report):
        raise TypeError(
            "report argument has to be either 'text', 'stdout', 'stderr', or a callable function/object, but it is of "
            f"type {type(report)}"
        )
    total, due = float(duration), period
    report(0 * second, 0.0, Quantity(start, dim=second.dim), duration)

    def tell(elapsed: float, t: float, last: bool = False) -> None:
        nonlocal due
        if last or elapsed > due:
            done = 1.0 if not total else (t - start) / total
            report(elapsed * second, done, Quantity(start, dim=second.dim), duration)
            due = elapsed + period

    return tell
