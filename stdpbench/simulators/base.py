"""The seam between an experiment and whatever computes it: `Simulator.present`.

A presentation is a pure function of state, input spikes and parameters. Time is 0 at its start and nothing is in
flight at its end: no absolute time and no pending spike crosses a boundary. Every simulator runs the network that
`stdpbench.network.build` makes, keeps its arrays as NumPy views, and is held to one contract (tests/contract).
"""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.encoding import Spikes
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.learned_names import COMPETE, FEED, THETA
from stdpbench.network import Layout, Learned
from stdpbench.network.layout import LAST_ARRIVAL
from stdpbench.signals import handled

RECORDED = ("v", "ge", "gi", "theta")


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl+C back: a presentation that is cut off would leave a state that no presentation leaves."""
    held: list[int] = []
    with handled(lambda number, frame: held.append(number), signal.SIGINT):
        yield
    if held:
        signal.raise_signal(signal.SIGINT)


@dataclass(frozen=True, eq=False)
class Recording:
    """Time courses of some exc neurons during one presentation, one row per time step.

    Attributes
    ----------
    neurons : ndarray, int64, (n,)
        Which exc neurons.
    v, theta : ndarray, float64, (n_bins, n), volt
        Membrane potential and adaptive threshold at the end of each step.
    ge, gi : ndarray, float64, (n_bins, n), in units of the leak
        Conductances at the end of each step.
    """

    neurons: NDArray[np.int64]
    v: NDArray[np.float64]
    ge: NDArray[np.float64]
    gi: NDArray[np.float64]
    theta: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Response:
    """What the network did in one presentation.

    Attributes
    ----------
    spike_counts : ndarray, int64, (n_exc,)
        Exc spikes during the stimulus; those of a simulated rest belong to no picture and do not count.
    exc, inh : Spikes
        All spikes of the layers, sorted by (bin, index); no inh spikes without an inhibitory layer.
    input : Spikes
        The spikes that were presented.
    recording : Recording or None
        Time courses, where they were asked for.
    """

    spike_counts: NDArray[np.int64]
    exc: Spikes
    inh: Spikes
    input: Spikes
    recording: Recording | None = None


class Simulator(ABC):
    """A network that can be shown stimuli.

    Parameters
    ----------
    experiment : Experiment
        What to build.
    n_input : int
        Pixels per picture.
    delay_bins : ndarray, int32, (n_input, n_exc), optional
        Delay of each synapse from input to exc; required where they differ.

    Attributes
    ----------
    name : str
        ``"compiled"`` or ``"runtime"``.
    layout : Layout
        What the network consists of.
    """

    name: str

    def __init__(self, experiment: Experiment, n_input: int, delay_bins: NDArray[np.int32] | None = None) -> None:
        self.layout = Layout(experiment, n_input)
        self._experiment = experiment
        self._traces_moved = True
        if self.layout.delays_differ and (delay_bins is None or delay_bins.shape != (n_input, self.layout.n_exc)):
            raise StdpbenchError(
                "network.delays = 'uniform' needs one delay per synapse, an array of shape "
                f"({n_input}, {self.layout.n_exc})"
            )

    # -- what a simulator provides ---------------------------------------------------------------------------------

    @abstractmethod
    def _array(self, name: str) -> NDArray[np.float64]:
        """View of the state array ``"group.variable"``."""

    @abstractmethod
    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        """Put shared parameters in force, by group and name, SI units."""

    @abstractmethod
    def _run(
        self, spikes: Spikes, n_bins: int, plastic: bool, record: NDArray[np.int64]
    ) -> tuple[Spikes, Spikes, NDArray[np.float64] | None]:
        """Take `n_bins` steps from time 0; exc spikes, inh spikes and, if asked for, (4, n_bins, n) courses."""

    @abstractmethod
    def close(self) -> None:
        """Give back what the simulator holds; it cannot be used afterwards."""

    # -- what all simulators share ---------------------------------------------------------------------------------

    @property
    def experiment(self) -> Experiment:
        """The experiment whose parameters are in force."""
        return self._experiment

    @property
    def w(self) -> NDArray[np.float64]:
        """Weights from input to exc, float64, (n_input, n_exc): a view, which may be written between presentations."""
        return self._array("plastic.w")

    @property
    def theta(self) -> NDArray[np.float64]:
        """Adaptive thresholds, float64, (n_exc,), volt: a view, which may be written between presentations."""
        return self._array("exc.theta")

    @property
    def lateral(self) -> NDArray[np.float64] | None:
        """Weights of lateral inhibition, float64, (n_exc, n_exc), from row on column: a view; None where all are one.

        None of a neuron on itself may be written: its place is 0.
        """
        return self._array("lateral.w") if self.layout.lateral is not None else None

    @property
    def learned_views(self) -> Learned:
        """Views of all that a frozen presentation depends on, which may be written between presentations."""
        views = {FEED: self.w, THETA: self.theta}
        return Learned(views if self.lateral is None else {**views, COMPETE: self.lateral})

    @property
    def learned(self) -> Learned:
        """Copies of all that a frozen presentation depends on."""
        return self.learned_views.copy()

    def set_learned(self, learned: Learned) -> None:
        """Have a network that has learned this, between two presentations; what it does not name stays as it is.

        Raises
        ------
        StdpbenchError
            If the network has no array of such a name, or one of another shape.
        """
        views = self.learned_views
        views.replace(learned)  # checks names and shapes
        for name, array in learned.items():
            views[name][...] = array

    def present(
        self, spikes: Spikes, *, plastic: bool, n_rest: int = 0, record: Sequence[int] | None = None
    ) -> Response:
        """Show one stimulus.

        Parameters
        ----------
        spikes : Spikes
            Input spikes, strictly ascending in (bin, index), all within the stimulus; the last `max_delay_bins` of the
            presentation must be free of them, so that none is in flight at its end.
        plastic : bool
            Whether weights and thresholds learn. If not, they keep every bit; the input traces are then not advanced.
        n_rest : int
            Time steps without input after the stimulus.
        record : sequence of int, optional
            Exc neurons whose v, ge, gi and theta to record in every step; changes no other result.

        Returns
        -------
        Response
        """
        n_stimulus = self._experiment.stimulus_bins
        n_bins = n_stimulus + n_rest
        self._check_input(spikes, n_stimulus, n_bins)
        neurons = np.asarray([] if record is None else record, dtype=np.int64)
        asked = neurons.tolist()
        if asked and (min(asked) < 0 or max(asked) >= self.layout.n_exc):
            raise StdpbenchError(f"recorded neurons must lie in 0 .. {self.layout.n_exc - 1}, not {asked}")
        arriving = spikes
        if self.layout.max_delay_bins and not self.layout.delays_differ:
            # one delay for all synapses, and for the input traces, is the same as spikes that come later
            arriving = Spikes(spikes.index, spikes.bin + np.int32(self.layout.max_delay_bins))
        self._traces_moved |= plastic
        with _uninterrupted():
            exc, inh, courses = self._run(arriving, n_bins, plastic, neurons)
            if self.layout.delays_differ and plastic:
                # the origin of time moves to the end of this presentation
                self._array(f"plastic.{LAST_ARRIVAL}")[...] -= n_bins * self._experiment.network.dt * 1e-3
        n_counted = int(np.searchsorted(exc.bin, n_stimulus))
        counts = np.bincount(exc.index[:n_counted], minlength=self.layout.n_exc)
        recording = None
        if record is not None and courses is not None:
            recording = Recording(neurons, *courses)
        return Response(counts, exc, inh, spikes, recording)

    def not_finite(self) -> tuple[str, ...]:
        """Names of the neurons' state arrays that held infinite values or NaN after the last presentation."""
        return tuple(name for name in self.layout.neural if not np.isfinite(self._array(name)).all())

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Copy every array that a presentation may change, by ``"group.variable"``."""
        return {name: self._array(name).copy() for name in self.layout.state}

    def set_state(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Put back what `state` gave.

        Raises
        ------
        StdpbenchError
            If arrays are missing, unknown, or of another shape.
        """
        wanted = self.layout.state
        if set(state) != set(wanted):
            odd = sorted(set(state) ^ set(wanted))
            raise StdpbenchError(f"this state is from another network: {', '.join(odd)} do not match")
        for name, variable in wanted.items():
            if state[name].shape != variable.shape:
                raise StdpbenchError(f"the state of {name} has the shape {state[name].shape}, not {variable.shape}")
        for name in wanted:
            self._array(name)[...] = state[name]
        self._traces_moved = True

    def copy_state_from(self, other: Simulator) -> None:
        """Go on from where a network with another rule stands, between two presentations.

        Weights, thresholds and all else that means the same in both is copied; what this rule remembers of spikes is
        in its reset state, since it has seen none.

        Raises
        ------
        StdpbenchError
            If the two networks are of different sizes.
        """
        mine, theirs = self.layout, other.layout
        if mine.n_input != theirs.n_input or mine.n_exc != theirs.n_exc:
            raise StdpbenchError(
                f"a network of {mine.n_input} input and {mine.n_exc} exc neurons cannot continue from one of "
                f"{theirs.n_input} and {theirs.n_exc}"
            )
        shared = (mine.state.keys() - mine.remembered) & (theirs.state.keys() - theirs.remembered)
        for name, variable in mine.state.items():
            if name in shared:
                self._array(name)[...] = other._array(name)
            elif variable.reset is not None or name in mine.remembered:
                self._array(name)[...] = variable.reset or 0.0
        self._traces_moved = True

    def reset(self) -> None:
        """Bring all but weights and thresholds to the reset state."""
        for name, variable in self.layout.state.items():
            per_synapse = variable.group == "plastic"
            if variable.reset is not None and (self._traces_moved or not per_synapse):
                self._array(name)[...] = variable.reset
        self._traces_moved = False

    def set_parameters(self, experiment: Experiment) -> None:
        """Put the parameters of another experiment in force, from the next presentation on, without recompiling.

        Raises
        ------
        StdpbenchError
            If it differs in something structural.
        """
        for section in ("network", "exc", "inh", "plasticity", "lateral"):
            new, old = getattr(experiment, section), getattr(self._experiment, section)
            if type(new) is not type(old):
                raise StdpbenchError(f"{section}.kind is structural: changing it needs another network and run")
            for parameter in new.describe():
                if parameter.structural and getattr(new, parameter.name) != getattr(old, parameter.name):
                    raise StdpbenchError(
                        f"{section}.{parameter.name} is structural: changing it needs another network and run"
                    )
        if self.layout.delays_differ and experiment.seed != self._experiment.seed:
            raise StdpbenchError(
                "the seed is structural because delays are drawn from it: changing it needs another run"
            )
        old_taus = self.layout.parameters(self._experiment)["plastic"]
        parameters = self.layout.parameters(experiment)
        if self.layout.delays_differ:
            self._bring_traces_up_to_date(old_taus, parameters["plastic"])
        self._experiment, self.layout = experiment, Layout(experiment, self.layout.n_input)
        self._write_parameters(parameters)

    def _bring_traces_up_to_date(self, old: Mapping[str, float], new: Mapping[str, float]) -> None:
        """Decay per-synapse traces with the time constants that held until now.

        To the last step of the presentation before, since a trace decays at the start of each step: from the first
        step of the next one on, the new time constants hold, as they do for traces of neurons.
        """
        names = {trace.name: self.layout.synaptic_name(trace.tau) for trace in self.layout.input_traces}
        if all(old[tau] == new[tau] for tau in names.values()):
            return
        arrival, dt = self._array(f"plastic.{LAST_ARRIVAL}"), self._experiment.network.dt * 1e-3
        for trace in self.layout.input_traces:
            self._array(f"plastic.{trace.name}")[...] *= np.exp(np.minimum(arrival + dt, 0) / old[names[trace.name]])
        arrival[...] = -dt

    def _check_input(self, spikes: Spikes, n_stimulus: int, n_bins: int) -> None:
        if not len(spikes):
            return
        key = spikes.bin.astype(np.int64) * self.layout.n_input + spikes.index
        if key[0] < 0 or not (np.diff(key) > 0).all():
            raise StdpbenchError("input spikes must be strictly ascending in (bin, index)")
        if spikes.index.min() < 0 or spikes.index.max() >= self.layout.n_input:
            raise StdpbenchError(f"input spikes name neurons outside 0 .. {self.layout.n_input - 1}")
        last, limit = int(spikes.bin[-1]), min(n_stimulus, n_bins - self.layout.max_delay_bins)
        if last >= limit:
            raise StdpbenchError(
                f"an input spike in bin {last} would still be in flight at the end of the presentation; the last one "
                f"that may carry spikes is {limit - 1}"
            )
