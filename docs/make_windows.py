"""Write the small pictures of the rules in the lists of the app: weight change over Δt, -79 to 79 ms, for each kind.

A test compares them with the rules.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from stdpbench.kinds.plasticity import rules
from stdpbench.studies.lab.protocols import pair_window

WINDOWS = Path(__file__).parents[1] / "gui" / "stdpbench_gui" / "assets" / "windows.json"


def windows() -> dict[str, list[float]]:
    """Return the weight change by one pair of spikes over Δt, scaled to 1; 0 for rules that need more."""
    found = {}
    for kind, rule in rules.usable().items():
        if rule.__module__.startswith("stdpbench.") and kind != "custom":
            change = np.asarray(pair_window(rule()).curves[0].change)
            found[kind] = np.round(change / (np.abs(change).max() or 1.0), 2).tolist()
    return found


if __name__ == "__main__":
    WINDOWS.write_text(json.dumps(windows()) + "\n", encoding="utf-8")
