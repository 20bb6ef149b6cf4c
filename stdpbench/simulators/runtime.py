"""Brian2's runtime mode: the reference, and what works everywhere.

Code is generated once, by a run of no duration; after that the objects are stepped here, in Brian2's own order,
because preparing `Network.run` again costs more than a presentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.encoding import Spikes
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.network.brian import brian2 as b2
from stdpbench.network.brian import preferences, prepare
from stdpbench.network.build import BuiltNetwork, build
from stdpbench.simulators.base import RECORDED, Simulator


def cython_works() -> bool:
    """Whether Brian2's Cython target compiles here; it needs Python's headers and a compiler that setuptools knows."""
    from brian2.codegen.runtime.cython_rt import CythonCodeObject

    return bool(CythonCodeObject.is_available())


class RuntimeSimulator(Simulator):
    """The network in Brian2's runtime mode; see `Simulator`.

    Parameters
    ----------
    target : {"cython", "numpy"}
        Brian2's code generation target; Cython needs a C++ compiler.
    """

    name = "runtime"

    def __init__(
        self,
        experiment: Experiment,
        n_input: int,
        delay_bins: NDArray[np.int32] | None = None,
        *,
        target: str = "cython",
    ) -> None:
        super().__init__(experiment, n_input, delay_bins)
        b2.set_device("runtime")
        with preferences(codegen__target="numpy"):  # synapses are made once; compiling that takes several seconds each
            self._built = build(self.layout)
        if self.layout.delays_differ and delay_bins is not None:
            dt = experiment.network.dt * b2.ms
            for pathway in ("pre", "drive"):
                getattr(self._built.groups["plastic"], pathway).delay = delay_bins.reshape(-1) * dt
        with preferences(codegen__target=target):
            prepare(self._built.network)
        source = self._built.groups["input"]
        self._spikespace = source.variables["_spikespace"].get_value()
        self._clock = source.clock
        objects = [o for o in self._built.network.sorted_objects if o.active and o.name != "input"]
        self._at_end = [o for o in objects if o.name in self._built.last_only]  # in training only, all there are
        objects = [o for o in objects if o not in self._at_end]
        self._training = [o for o in objects if o.name not in self._built.frozen_only]
        self._frozen = [o for o in objects if o.name not in self._built.training_only]
        self._learning, self._learns = self.layout.learning_parameters(), True
        self._closed = False

    def _array(self, name: str) -> NDArray[np.float64]:
        if self._closed:
            raise StdpbenchError("this simulator is closed")
        group, variable = name.split(".")
        values: NDArray[np.float64] = self._built.groups[group].variables[variable].get_value()
        return values.reshape(self.layout.state[name].shape)

    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        for group, values in parameters.items():
            for name, value in values.items():
                self._built.groups[group].variables[name].set_value(value)
        self._learning, self._learns = self.layout.learning_parameters(), True
        self._refresh(self._built.network.sorted_objects)

    @staticmethod
    def _refresh(objects: list[Any]) -> None:
        """Have generated code read its constants again: it copied them when it was made."""
        for obj in objects:
            for code_object in obj.code_objects:
                code_object.variables_to_namespace()

    def _let_learn(self, plastic: bool) -> None:
        if plastic != self._learns:
            exc = self._built.groups["exc"]
            for name, value in self._learning.items():
                exc.variables[name].set_value(value if plastic else 0.0)
            self._refresh(list(exc.contained_objects))
            self._learns = plastic

    def _run(
        self, spikes: Spikes, n_bins: int, plastic: bool, record: NDArray[np.int64]
    ) -> tuple[Spikes, Spikes, NDArray[np.float64] | None]:
        if self._closed:
            raise StdpbenchError("this simulator is closed")
        self._let_learn(plastic)
        objects = self._training if plastic else self._frozen
        t, step = self._clock.variables["t"], self._clock.variables["timestep"]
        dt, first = float(self._clock.dt_), np.searchsorted(spikes.bin, np.arange(n_bins + 1))
        layers = [name for name in ("exc", "inh") if name in self._built.groups]
        spaces = {name: self._built.groups[name].variables["_spikespace"].get_value() for name in layers}
        found: dict[str, list[tuple[int, NDArray[np.int32]]]] = {name: [] for name in ("exc", "inh")}
        courses = np.empty((len(RECORDED), n_bins, len(record))) if len(record) else None
        watched = [self._array(f"exc.{variable}") for variable in RECORDED] if courses is not None else []
        for now in range(n_bins):
            step.set_value(now)
            t.set_value(now * dt)
            start, stop = first[now], first[now + 1]
            self._spikespace[: stop - start] = spikes.index[start:stop]
            self._spikespace[-1] = stop - start
            for obj in objects:
                obj.run()
            for name in layers:
                if count := int(spaces[name][-1]):
                    found[name].append((now, spaces[name][:count].copy()))
            if courses is not None:
                for column, values in enumerate(watched):
                    courses[column, now] = values[record]
        for obj in self._at_end if plastic else ():
            obj.run()
        step.set_value(0)
        t.set_value(0.0)
        self._check_nothing_pending(n_bins)
        return _joined(found["exc"]), _joined(found["inh"]), courses

    def _check_nothing_pending(self, n_bins: int) -> None:
        """See that Brian2's queues hold nothing that is still to be delivered."""
        for synapses in self._built.groups.values():
            for pathway in getattr(synapses, "_pathways", ()):
                pending = [len(slot) for slot in pathway.queue._full_state()[1]]
                if sum(pending):
                    raise RuntimeError(f"{sum(pending)} events of {pathway.name} are pending after {n_bins} steps")

    def close(self) -> None:
        """Drop the objects of Brian2; the modules that Cython compiled for them stay loaded."""
        self._closed = True
        self._training, self._frozen, self._at_end = [], [], []
        self._built = BuiltNetwork(None, {})


def _joined(found: list[tuple[int, NDArray[np.int32]]]) -> Spikes:
    if not found:
        return Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
    index = np.concatenate([indices for _, indices in found]).astype(np.int32)
    bins = np.repeat(np.array([b for b, _ in found], np.int32), [len(indices) for _, indices in found])
    return Spikes(index, bins)
