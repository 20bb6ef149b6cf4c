"""Names of learned arrays.

``"PROJECTION.w"`` names the weights of a plastic projection, ``"PROJECTION.d"`` its plastic delays, and
``"POPULATION.VARIABLE"`` a slow variable of neurons, such as ``"exc.theta"``. This module is cheap to import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME = r"[a-z][a-z0-9_]{0,31}\.[A-Za-z][A-Za-z0-9_]{0,31}"
"""Regular expression for names of learned arrays."""
FEED, THETA, COMPETE = "feed.w", "exc.theta", "compete.w"
"""Names in Diehl & Cook's network: input weights, adaptive thresholds, and plastic lateral inhibition."""


def is_weight(name: str) -> bool:
    """Return whether a learned array holds the weights of a projection."""
    return name.endswith(".w")


def weights_of(projection: str) -> str:
    """Return the name of the weights of a projection."""
    return f"{projection}.w"


def is_delay(name: str) -> bool:
    """Return whether a learned array holds the delays of a projection."""
    return name.endswith(".d")


def delays_in(projection: str) -> str:
    """Return the name of the learned delays of a projection."""
    return f"{projection}.d"


def is_per_synapse(name: str) -> bool:
    """Return whether a learned array has a value per synapse: weights or delays."""
    return is_weight(name) or is_delay(name)


def is_name(name: str) -> bool:
    """Return whether a learned array may have this name."""
    return re.fullmatch(NAME, name) is not None


def listed(names: Iterable[str]) -> str:
    """Return names as a list in a sentence."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
