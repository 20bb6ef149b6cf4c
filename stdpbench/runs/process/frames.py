"""Frames for the displays of readers (`runs.protocol.messages`), copied only when a reader waits for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import Spikes
from stdpbench.runs.process.training import Presented


def network_frame(
    network: Simulator | Learned, exc_spikes: NDArray[np.int64] | None, position: int, n_facts: int
) -> dict[str, Any]:
    """Return the frame ``network``: learned arrays by name, weights as float32, and spikes of each exc neuron."""
    return {
        "position": position,
        "n_facts": n_facts,
        "learned": (network if isinstance(network, Learned) else network.learned_views).for_display(),
        "exc_spikes": None if exc_spikes is None else exc_spikes.copy(),
    }


def presentation_frame(presented: Presented, experiment: Experiment) -> dict[str, Any]:
    """Return the frame ``presentation``: the last picture shown, and the response of the network."""
    response, read = presented.response, experiment.graph().read
    recorded, recording = next(iter(response.recordings.items()), ("", None))
    # "exc": those that are read, whatever their name; `runs.analysis.frame_spikes` finds spikes by population
    spikes = {"exc": response.spikes[read], "inh": response.spikes.get("inh", _NONE), "input": response.input}
    others = {} if read == "exc" and response.spikes.keys() <= {"exc", "inh"} else response.spikes
    return {
        "position": presented.presentation + 1,
        "presentation": presented.presentation,
        "image": presented.image,
        "attempts": presented.attempts,
        "plastic": list(presented.plastic),
        "spike_counts": response.counts(read),
        "n_bins": response.n_bins + experiment.rest_bins,
        "stimulus_bins": response.n_bins,
        **{name: (each.index, each.bin) for name, each in spikes.items()},
        "spikes": {name: (each.index, each.bin) for name, each in others.items()},
        **({} if response.input.factor is None else {"input_factor": response.input.factor}),
        "recording": None
        if recording is None
        else {"population": recorded, "neurons": recording.neurons, **recording.courses},
    }


_NONE = Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
