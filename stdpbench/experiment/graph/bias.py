"""A population that brings constant inputs to others: one neuron that fires in every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

BIAS: Final = "bias"
"""Name of the population."""
BIAS_NEURON: Final[Mapping[str, Any]] = {
    "kind": "lif-discrete",
    "beta": 0.0,
    "v_thresh": 1.0,
    "reset_mechanism": "zero",
    "I_background": 2.0,
}
"""Table of its neuron, which fires from the first step on; each spike acts in the next step."""


def trained_projection(
    source: str, target: str, delay: float = 0.0, connect: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the table of a projection whose weights come from a trained network of discrete neurons."""
    table = {"source": source, "target": target, "receptor": "I_exc", "weight": {"kind": "trained", "gain": 0.0}}
    return table | ({"connect": dict(connect)} if connect else {}) | ({"delay": delay} if delay else {})
