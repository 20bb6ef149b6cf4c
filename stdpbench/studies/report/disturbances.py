"""Disturbances for robustness curves: degraded pictures, damaged or smaller networks and shorter presentations.

A disturbance has a kind and a level. Pictures of an experiment with a fixed pixel sum or length are scaled to it
again, so that noise does not add light. Weights are not normalised again after synapses are deleted, since damage is
not repaired, but they are after quantisation and pruning, as before each training presentation. Random choices depend
on (seed, number of the picture) for pictures and on (seed, kind) for networks, and are the same at every level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.data.datasets import Dataset, equally_bright
from stdpbench.data.stimuli import Images, StimulusSet
from stdpbench.declare.learned_names import is_per_synapse, is_weight, weights_of
from stdpbench.engine.network import Learned
from stdpbench.engine.network.rounding import pruned, quantised
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import CONTROLS
from stdpbench.runs.preparation.start import normalised


@dataclass(frozen=True)
class Kind:
    """A kind of disturbance.

    Attributes
    ----------
    title, unit : str
        Name of the disturbance, and unit of its levels.
    levels : tuple of float
        Levels in increasing strength; the first one changes nothing.
    help : str
        Description.
    """

    title: str
    unit: str
    levels: tuple[float, ...]
    help: str


_BITS = (64, 8, 7, 6, 5, 4, 3, 2, 1)
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "noise": Kind("noise", "% of pixels", (0, 5, 10, 20, 30, 50), "pixels replaced by random grey values"),
        "occlusion": Kind("occlusion", "% of the side", (0, 10, 20, 30, 40, 50), "a black square at a random place"),
        "shift": Kind("shift", "pixels", (0, 1, 2, 3, 4, 6), "moved in a random direction"),
        "rotation": Kind("rotation", "degrees", (0, 5, 10, 20, 30, 45), "rotated to either side"),
        "synapses": Kind("deleted synapses", "%", (0, 10, 25, 50, 75, 90), "input weights set to 0"),
        "neurons": Kind("deleted neurons", "%", (0, 10, 25, 50, 75, 90), "neurons without input"),
        "bits": Kind("quantised weights", "bits", _BITS, "equal steps from 0 to the largest weight of a projection"),
        "stochastic-bits": Kind("weights rounded at random", "bits", _BITS, "up or down, so that the mean stays"),
        "threshold-bits": Kind(
            "quantised thresholds", "bits", _BITS, "adaptive thresholds in equal steps from 0 to the largest"
        ),
        "pruned": Kind("pruned synapses", "%", (0, 25, 50, 75, 90, 95), "the smallest weights set to 0"),
        "duration": Kind(
            "shorter presentations",
            "% of the stimulus",
            (100, 70, 50, 30, 20, 10),
            "presented once, without brighter repetitions",
        ),
        **{
            timing: Kind(title, "% of the presentations", (0, 100), help)
            for timing, title, help in (
                ("redrawn", "spike times redrawn", "each input spike at a time drawn from those of all stimuli"),
                ("permuted", "time steps permuted", "in another order, the same for all inputs"),
                ("shifted", "inputs shifted", "the spikes of each input rotated by a time drawn for it"),
                ("together", "spikes together", "the k-th spike of each input in the k-th time step"),
            )
        },
    }
)
_OF_PICTURES = ("noise", "occlusion", "shift", "rotation")
_OF_NETWORK = ("synapses", "neurons", "bits", "stochastic-bits", "threshold-bits", "pruned")


def kinds_for(experiment: Experiment) -> dict[str, Kind]:
    """Return the kinds of disturbance that apply to an experiment.

    Pictures can be disturbed if pictures are shown, times if the encoder uses them, and thresholds if they adapt and
    learned ones are used. The network has learned from intact times, so changed times measure its sensitivity to the
    change, not how much it uses time.
    """
    adapts = experiment.evaluation.thresholds == "learned" and any(
        population.neuron is not None and any(variable.slow for variable in population.neuron.variables)
        for population in experiment.graph().populations.values()
    )
    applies = {"threshold-bits": adapts, **dict.fromkeys(_OF_PICTURES, experiment.data.shows == "images")}
    applies |= {str(name): experiment.encoding.timed for name in CONTROLS}
    return {name: kind for name, kind in KINDS.items() if applies.get(name, True)}


@dataclass(frozen=True)
class Disturbance:
    """A disturbance: one of `KINDS`, and a level.

    Raises
    ------
    StdpbenchError
        If there is no such kind.
    """

    kind: str
    level: float

    def __post_init__(self) -> None:
        """Check the kind."""
        if self.kind not in KINDS:
            raise StdpbenchError(f"there is no disturbance {self.kind!r}; {suggestion(self.kind, KINDS)}")

    @property
    def of_network(self) -> bool:
        """Whether it changes what the network has learned."""
        return self.kind in _OF_NETWORK

    def experiment(self, original: Experiment) -> Experiment:
        """Return the experiment for disturbed presentations; only their duration or the times of spikes can differ."""
        if self.kind in CONTROLS and self.level:
            return original.override({"schedule.timing": self.kind})
        if self.kind != "duration" or self.level >= 100:
            return original
        dt = original.network.dt
        steps = max(1, round(original.stimulus_bins * self.level / 100))
        return original.override({"schedule.stimulus": steps * dt, "schedule.max_attempts": 1})

    def network(self, learned: Learned, graph: Graph, seed: int) -> Learned:
        """Return the learned arrays of a disturbed network.

        Parameters
        ----------
        learned : Learned
            Learned arrays of the intact network, as in a presentation.
        graph : Graph
            The network, with the shape of its input.
        seed : int
            Seed of the experiment.
        """
        if not self.of_network or self.level == KINDS[self.kind].levels[0]:
            return learned
        random = np.random.default_rng((seed, *self.kind.encode()))
        if self.kind in ("synapses", "neurons"):
            name = weights_of(graph.shown)
            return learned.replace({name: self._damaged(learned[name], graph, random)})
        if self.kind == "threshold-bits":
            slow = {name: array for name, array in learned.items() if not is_per_synapse(name)}
            return learned.replace({name: quantised(array, int(self.level)) for name, array in slow.items()})
        weights = {name: array for name, array in learned.items() if is_weight(name)}
        if self.kind == "pruned":
            changed = {name: pruned(w, self.level / 100) for name, w in weights.items()}
        else:
            rounding = random if self.kind == "stochastic-bits" else None
            changed = {name: quantised(w, int(self.level), rounding) for name, w in weights.items()}
        return normalised(learned.replace(changed), graph)

    def _damaged(self, w: NDArray[np.float64], graph: Graph, random: np.random.Generator) -> NDArray[np.float64]:
        """Return the weights of the shown projection with 0 for some synapses, or for all synapses of some targets."""
        if self.kind == "synapses":
            return np.where(random.random(w.shape) < self.level / 100, 0.0, w)
        shown = graph.projections[graph.shown]
        n = w.shape[-1] if shown.shared else graph.populations[shown.target].size
        deleted = random.permutation(n)[: round(n * self.level / 100)]
        damaged = w.copy()
        if graph.is_sparse(graph.shown) and not shown.shared:
            damaged[np.isin(graph.synapses(graph.shown).target, deleted)] = 0.0
        else:
            damaged[..., deleted] = 0.0
        return damaged

    def stimuli(self, stimuli: StimulusSet, first: int, original: Experiment) -> StimulusSet:
        """Return the disturbed stimuli, whose numbers start at `first`; only pictures can be disturbed."""
        if not isinstance(stimuli, Images) or self.kind not in _OF_PICTURES:
            return stimuli
        return Images(self.pictures(np.asarray(stimuli.pixels), first, original), stimuli.labels)

    def pictures(self, pixels: NDArray[Any], first: int, original: Experiment) -> NDArray[Any]:
        """Return the disturbed pictures, (n, height, width), whose numbers start at `first`."""
        if self.kind not in _OF_PICTURES or not self.level:
            return pixels
        disturbed = np.stack(
            [
                self._disturbed(picture, np.random.default_rng((original.seed, first + n)))
                for n, picture in enumerate(pixels)
            ]
        )
        pictures, data = Images(disturbed.astype(np.float32), None), original.data
        return (equally_bright(pictures, data) if isinstance(data, Dataset) else pictures).pixels

    def _disturbed(self, picture: NDArray[Any], random: np.random.Generator) -> NDArray[np.float64]:
        from scipy import ndimage

        image = picture.astype(np.float64)
        if self.kind == "noise":
            share, grey = random.random(image.shape), random.random(image.shape) * image.max(initial=0.0)
            return np.where(share < self.level / 100, grey, image)
        if self.kind == "occlusion":
            side = [round(length * self.level / 100) for length in image.shape]
            top, left = (int(random.random() * (length - s + 1)) for length, s in zip(image.shape, side, strict=True))
            image[top : top + side[0], left : left + side[1]] = 0.0
            return image
        if self.kind == "shift":
            direction = 2 * np.pi * random.random()
            offset = self.level * np.array([np.sin(direction), np.cos(direction)])
            return np.clip(ndimage.shift(image, offset, order=1), 0, None)
        angle = self.level * (1 if random.random() < 0.5 else -1)
        return np.clip(ndimage.rotate(image, angle, reshape=False, order=1), 0, None)
