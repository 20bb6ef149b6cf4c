"""Names of learned arrays.

``"PROJECTION.w"`` names the weights of a projection that learns, ``"PROJECTION.d"`` its delays, if these learn, and
``"POPULATION.VARIABLE"`` a slow variable of neurons, such as ``"exc.theta"``. The three arrays of Diehl & Cook's
network had shorter names in earlier versions (`OLD_NAMES`), which journals and calls may still use. Imports nothing
that takes time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from stdpbench.errors import StdpbenchError

NAME = r"[a-z][a-z0-9_]{0,31}\.[A-Za-z][A-Za-z0-9_]{0,31}"
"""Names of learned arrays, as a regular expression."""
FEED, THETA, COMPETE = "feed.w", "exc.theta", "compete.w"
"""Names in Diehl & Cook's network: weights of the input, thresholds, and weights of lateral inhibition that learns."""
OLD_NAMES = {"w": FEED, "theta": THETA, "lateral": COMPETE}
"""Names in Diehl & Cook's network, by their names in earlier versions."""
_SHORT = {new: old for old, new in OLD_NAMES.items()}


def is_weight(name: str) -> bool:
    """Whether a learned array holds the weights of a projection."""
    return name.endswith(".w")


def weights_of(projection: str) -> str:
    """Return the name of the weights of a projection."""
    return f"{projection}.w"


def is_delay(name: str) -> bool:
    """Whether a learned array holds the delays of a projection."""
    return name.endswith(".d")


def delays_in(projection: str) -> str:
    """Return the name of the learned delays of a projection."""
    return f"{projection}.d"


def is_per_synapse(name: str) -> bool:
    """Whether a learned array has a value per synapse: weights or delays."""
    return is_weight(name) or is_delay(name)


def full_name(name: str) -> str:
    """Return the name of a learned array, given that or the name of an earlier version."""
    return OLD_NAMES.get(name, name)


def short_name(name: str) -> str:
    """Return the name that facts use: that of earlier versions if there is one, so that these can read a journal."""
    return _SHORT.get(name, name)


def with_full_names(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by name of a learned array, given them by that or by the names of earlier versions.

    Raises
    ------
    StdpbenchError
        If an array is given under both names.
    """
    found = {full_name(name): value for name, value in arrays.items()}
    if len(found) < len(arrays):
        twice = next(name for name in arrays if name in _SHORT and _SHORT[name] in arrays)
        raise StdpbenchError(f"{_SHORT[twice]} and {twice} are the same array: give it once")
    return found


def is_name(name: str) -> bool:
    """Whether a learned array may have this name."""
    return re.fullmatch(NAME, name) is not None


def listed(names: Iterable[str]) -> str:
    """Return names as a list in a sentence."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
