"""Import brian2 without side effects on the process; no other module imports it.

Brian2 imports pylab of matplotlib to re-export its names, and pytest for its tests. Nothing here needs them. Unless
the process has loaded them already, they are hidden from Brian2, which reduces its import time by a third.

Importing brian2 replaces ``sys.excepthook``, which is restored, and the handler of SIGINT, which is prevented: a
handler that was not installed from Python could not be restored. Errors of this program are therefore not reported as
errors of Brian2, and Ctrl+C keeps its meaning.

Brian2 evaluates preference files as Python code: ``brian_preferences`` in the current folder and in the home folder.
They are not read here; networks are built with the default preferences and those that `preferences` sets.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_hook = sys.excepthook
_set_handler = signal.signal


def _set_other_handlers(signalnum: int, handler: Any) -> Any:
    return signal.getsignal(signalnum) if signalnum == signal.SIGINT else _set_handler(signalnum, handler)


class _WithoutFiles(MetaPathFinder):
    """Import hook that loads Brian2's preferences without reading preference files."""

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == "brian2.core.preferences" else None
        if spec is not None and (loader := spec.loader) is not None:
            execute = loader.exec_module

            def execute_without_files(module: ModuleType) -> None:
                execute(module)
                module.BrianGlobalPreferences.load_preferences = lambda preferences: None

            vars(loader)["exec_module"] = execute_without_files
        return spec


_hidden = {"matplotlib", "pylab", "pytest"} - sys.modules.keys()
sys.modules.update(dict.fromkeys(_hidden))  # type: ignore[arg-type]  # None: cannot be imported
signal.signal = _set_other_handlers
sys.meta_path.insert(0, _finder := _WithoutFiles())
try:
    import brian2
finally:
    sys.meta_path.remove(_finder)
    signal.signal = _set_handler
    for _name in _hidden:
        del sys.modules[_name]

from brian2.codegen import translation  # noqa: E402
from brian2.codegen.codeobject import create_runner_codeobj  # noqa: E402
from brian2.codegen.generators import base as generators  # noqa: E402
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject  # noqa: E402
from brian2.core.variables import ArrayVariable, Constant  # noqa: E402
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject  # noqa: E402
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice  # noqa: E402
from brian2.devices.device import all_devices, get_device, reset_device  # noqa: E402
from brian2.groups.group import CodeRunner  # noqa: E402
from brian2.synapses.spikequeue import SpikeQueue  # noqa: E402
from brian2.synapses.synapses import SynapticPathway  # noqa: E402

sys.excepthook = _hook

# Brian2 caches the statements of generated code, with all their variables as key. Computing the key takes longer than
# making the statements: half of the time of code generation. The cache is therefore removed.
if _make_statements := getattr(translation.make_statements, "__wrapped__", None):
    translation.make_statements = generators.make_statements = _make_statements

_DEVICES = sys.modules["brian2.devices.device"]  # the attribute of the package is the active device
_PINNED = {
    "core.default_float_dtype": np.float64,
    "core.default_integer_dtype": np.int32,
    "core.stop_on_keyboard_interrupt": False,
    "codegen.loop_invariant_optimisations": True,
    "codegen.string_expression_target": "numpy",
}


def _defaults() -> dict[str, Any]:
    """Return the defaults of all preferences on which generated code may depend."""
    categories = {
        category: registered
        for category, (registered, _) in brian2.prefs.pref_register.items()
        if category != "logging"
    }
    return {
        f"{category}.{name}": preference.default
        for category, registered in categories.items()
        for name, preference in registered.items()
    }


@contextmanager
def preferences(**more: Any) -> Iterator[None]:
    """Set Brian2's preferences to the values that stdpbench needs, and restore them at the end.

    Parameters
    ----------
    **more
        Further preferences, with ``__`` for the dot: ``codegen__target="numpy"``.
    """
    values = _defaults() | _PINNED | {name.replace("__", "."): setting for name, setting in more.items()}
    before = {name: brian2.prefs[name] for name in values}
    try:
        for name, setting in values.items():
            brian2.prefs[name] = setting
        with _names_of_code():
            yield
    finally:
        for name, setting in before.items():
            brian2.prefs[name] = setting


@contextmanager
def _names_of_code() -> Iterator[None]:
    """Make the names of code objects unique among each other only.

    Brian2 compares each name with those of all objects in the process, in quadratic time.
    """
    find_name, taken = getattr(_DEVICES, "find_name", None), set[str]()
    if find_name is None:  # another version of Brian2
        yield
        return

    def unique_name(name: str) -> str:
        unique: str = find_name(name, taken)
        taken.add(unique)
        return unique

    vars(_DEVICES)["find_name"] = unique_name
    try:
        yield
    finally:
        vars(_DEVICES)["find_name"] = find_name


def warn_of_order(warn: bool) -> None:
    """Set whether Brian2 warns of code whose result depends on the order of events, from the next network on.

    It also reports that NumPy code for this is a loop.
    """
    for generator in ("base", "numpy_generator"):
        logging.getLogger(f"brian2.codegen.generators.{generator}").setLevel(logging.NOTSET if warn else logging.ERROR)


def run_by_python(group: brian2.Group) -> None:
    """Run the code of a group with NumPy, for any target of the network."""
    group.codeobj_class = NumpyCodeObject


def queue_by_python(network: brian2.Network) -> None:
    """Push spikes into the queues of synapses with Python code.

    Brian2's Cython code for this only calls Python, but needs a compiled module for each pathway: a third of all
    modules of a network.
    """
    for obj in network.sorted_objects:
        if isinstance(obj, SynapticPathway):
            space = f"_{obj.event}space"
            obj._pushspikes_codeobj = create_runner_codeobj(
                obj,
                "",
                "synapses_push_spikes",
                name=f"{obj.name}_push_spikes",
                check_units=False,
                additional_variables=obj.variables,
                needed_variables=[space],
                template_kwds={"eventspace_variable": obj.source.variables[space]},
                run_namespace={},
                codeobj_class=NumpyCodeObject,
            )


class LearnedQueue(SpikeQueue):  # type: ignore[misc]
    """Brian2's spike queue in Python, for a pathway whose delays change between presentations.

    Parameters
    ----------
    n_source : int
        Number of source neurons.
    longest : int
        Longest possible delay, in steps.
    """

    def __init__(self, n_source: int, longest: int) -> None:
        super().__init__(0, n_source)
        self._longest = longest

    @classmethod
    def give(cls, pathway: SynapticPathway, n_source: int, longest: int) -> None:
        """Replace the queue of a pathway before its code is generated."""
        pathway.queue = cls(n_source, longest)
        pathway.variables.add_object("_queue", pathway.queue)

    def prepare(self, delays: Any, dt: float, synapse_sources: Any) -> None:
        """Prepare the queue as Brian2 does, with room for the longest delay."""
        super().prepare(delays, dt, synapse_sources)
        events: NDArray[np.int32] = vars(self)["X"]
        if len(events) <= self._longest:  # the queue is still empty
            self.X = np.zeros((self._longest + 1, events.shape[1]), events.dtype)
            self.X_flat = self.X.reshape(-1)
            self.n = np.zeros(self._longest + 1, int)

    def set_delays(self, bins: Any) -> None:
        """Set the delays, in steps, of spikes that are pushed from now on; empty if there are no synapses."""
        self._delays = bins
        self._homogeneous = bool(len(bins)) and bins.min() == bins.max()


def prepare(network: brian2.Network) -> None:
    """Let Brian2 generate and compile the code of a network, by a run of duration 0.

    Each run begins with a garbage collection, so that Brian2 can warn of objects in no network. It takes 0.1 s or more
    once Brian2 is loaded; existing objects are therefore excluded.
    """
    frozen_before = gc.get_freeze_count()
    gc.freeze()
    try:
        network.run(0 * brian2.ms, namespace={})
    finally:
        if not frozen_before:
            gc.unfreeze()


__all__ = [
    "ArrayVariable",
    "CPPStandaloneCodeObject",
    "CPPStandaloneDevice",
    "CodeRunner",
    "Constant",
    "LearnedQueue",
    "NumpyCodeObject",
    "SynapticPathway",
    "all_devices",
    "brian2",
    "get_device",
    "preferences",
    "prepare",
    "queue_by_python",
    "reset_device",
    "run_by_python",
    "warn_of_order",
]
