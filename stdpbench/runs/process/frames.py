"""Frames for the displays of readers (`runs.protocol.messages`), copied only when a reader waits for them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment import Experiment
from stdpbench.network import Learned
from stdpbench.runs.process.training import Presented
from stdpbench.simulators import Recording, Simulator


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
    response = presented.response
    return {
        "position": presented.presentation + 1,
        "presentation": presented.presentation,
        "image": presented.image,
        "attempts": presented.attempts,
        "spike_counts": response.spike_counts,
        "n_bins": experiment.stimulus_bins + experiment.rest_bins,
        **{name: (getattr(response, name).index, getattr(response, name).bin) for name in ("input", "exc", "inh")},
        "recording": None if response.recording is None else _by_name(response.recording),
    }


def _by_name(recording: Recording) -> dict[str, Any]:
    return {field.name: getattr(recording, field.name) for field in fields(recording)}
