"""Names of state arrays before populations and projections had names, in checkpoints of earlier versions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stdpbench.network.layout import RECENT, Layout

_GROUPS = {"plastic": "feed", "input": "feed", "pool": "compete", "lateral": "compete"}


def state_by_name(state: Mapping[str, NDArray[np.float64]], layout: Layout) -> dict[str, NDArray[np.float64]]:
    """Return the state of a checkpoint under the names of today, without arrays that the network does not have.

    The old state contains input weights as ``plastic.w``, traces under the neurons that carry them, and spikes of
    direct inhibition that are still to act as ``exc.own``.
    """
    if state.keys() >= layout.state.keys():
        return {name: array for name, array in state.items() if name in layout.state}
    found: dict[str, NDArray[np.float64]] = {}
    for name, array in state.items():
        group, _, variable = name.partition(".")
        if variable.startswith("lateral_"):
            candidates = [f"compete.{variable.removeprefix('lateral_')}"]
        else:
            candidates = [name, f"{_GROUPS.get(group, 'feed')}.{variable}", f"compete.{variable}"]
        for candidate in candidates:
            if candidate in layout.state and layout.state[candidate].shape == array.shape:
                found[candidate] = array
                break
    recent = f"exc.{RECENT}"
    if recent in layout.state:  # with direct inhibition, spikes act one step later
        pending = state.get("relay.told", state.get("exc.own", np.zeros(layout.state[recent].shape)))
        found[recent] = pending.reshape(layout.state[recent].shape)
        for name in ("compete.own", "compete.total", "compete.sum"):
            if name in layout.state:
                found[name] = np.zeros(layout.state[name].shape)
    elif "compete.sum" in layout.state:
        found.setdefault("compete.sum", np.zeros(layout.state["compete.sum"].shape))
    return found
