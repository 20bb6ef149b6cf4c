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
