"""Input spikes that carry factors, in Brian2's runtime mode.

The Brian2 model has no factors. In a presentation with factors, the input of a projection in a step is summed up here,
in the order in which Brian2's code would add it. That code then runs as usual for the effects of the rule, and its
result for the receptor is replaced. The compiled simulator does the same (``Graded`` in graded.h).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.engine.network.brian import SynapticPathway
from stdpbench.engine.network.build import BuiltNetwork
from stdpbench.engine.network.layout import PLACE, ProjectionLayout
from stdpbench.engine.simulators.stepping import run_code
from stdpbench.kinds.encoding import Spikes

Reals = NDArray[np.float64]


def delivers(built: BuiltNetwork, obj: Any) -> bool:
    """Return whether a Brian2 object is a pathway by which input spikes add to a receptor, learning or not."""
    if not isinstance(obj, SynapticPathway):
        return False
    projection = built.carried_by[str(obj.synapses.name)]
    return passes(projection) and obj.name in (projection.own("pre"), projection.own("drive"))


def passes(projection: ProjectionLayout) -> bool:
    """Return whether a projection can deliver input spikes with factors: it is from the input and acts immediately."""
    return projection.source.is_input and not projection.at_end


class Graded:
    """Delivery of spikes with factors through a pathway, step by step.

    Parameters
    ----------
    built : BuiltNetwork
        The Brian2 objects, after `prepare`.
    pathway : SynapticPathway
        A pathway for which `delivers` is true.
    """

    def __init__(self, built: BuiltNetwork, pathway: Any) -> None:
        synapses = pathway.synapses
        self.projection = built.carried_by[str(synapses.name)]
        self._pathway, self._run, self._variables = pathway, run_code(pathway.code_objects[1]), synapses.variables
        self._source, self._target = (synapses.variables[f"_synaptic_{side}"].get_value() for side in ("pre", "post"))
        target = built.groups[self.projection.target.group]
        self._receptor: Reals = target.variables[self.projection.projection.receptor].get_value()

    def step_of(
        self, spikes: Spikes, delays: NDArray[np.int32] | int, timestep: NDArray[np.integer[Any]]
    ) -> Callable[[], object]:
        """Return the function that runs the pathway in a step of a presentation.

        Parameters
        ----------
        spikes : Spikes
            Input spikes of the presentation, with factors.
        delays : ndarray, int32, (n_synapses,), or int
            Delays in steps.
        timestep : ndarray, (1,)
            Number of the current step.
        """
        assert spikes.factor is not None
        n, pathway, run, receptor = self.projection.source.size, self._pathway, self._run, self._receptor
        key, factor = spikes.bin.astype(np.int64) * n + spikes.index, spikes.factor.astype(receptor.dtype)
        weight, scale = self._variables["w"].get_value(), np.ones(1, receptor.dtype)
        if self.projection.projection.scale is not None:
            scale = self._variables["scale"].get_value().astype(receptor.dtype)
        if not self.projection.has_weights:
            scale = scale * weight.astype(receptor.dtype)
        place = self._variables[PLACE].get_value() if self.projection.shared else None
        fired, queue = pathway.eventspace, pathway.queue
        delay_of = np.broadcast_to(np.asarray(delays).reshape(-1), self._source.shape)

        def step() -> None:
            if count := fired[-1]:
                queue.push(fired[:count])
            arriving = np.array(queue.peek())
            if not len(arriving):
                queue.advance()
                return
            left = (timestep[0] - delay_of[arriving]).astype(np.int64) * n + self._source[arriving]
            delivered = factor[np.searchsorted(key, left)] * scale
            if self.projection.has_weights:
                delivered = delivered * weight[arriving if place is None else place[arriving]]
            after = receptor.copy()
            np.add.at(after, self._target[arriving], delivered)
            run()  # which advances the queue
            receptor[...] = after

        return step
