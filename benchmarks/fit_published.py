"""Fit the triplet rule to the data of Pfister & Gerstner (2006), with the parameters that they fitted.

    python benchmarks/fit_published.py [--output FILE.csv]

As in the paper, tau_plus and tau_minus are fixed, changes are relative to 1, and no bound of the weight is reached.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from stdpbench.kinds.plasticity import rules
from stdpbench.studies import lab

_MINIMAL = {
    "visual-cortex": ("a3_plus", "a2_minus", "tau_y"),
    "hippocampus": ("a2_plus", "a3_plus", "a2_minus", "tau_y"),
}
_FULL = ("a2_plus", "a3_plus", "a2_minus", "a3_minus", "tau_x", "tau_y")
_DATA = {"visual-cortex": "sjoestroem-2001", "hippocampus": "wang-2005"}


def main() -> None:
    """Print a row for each model and data set."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--output", type=Path)
    given = options.parse_args()
    rows = []
    for place, data in _DATA.items():
        for model, free in (("minimal", _MINIMAL[place]), ("full", _FULL)):
            preset = f"{place}-{model}"
            values = rules.get("triplet").presets[preset]
            fitted = lab.fit(
                "triplet", data, free=free, set={"preset": preset, "w_max": 30.0}, weight=15.0, relative_to=1.0
            )
            outside = [
                each.free.name
                for each in fitted.parameters
                if each.interval is not None and not each.interval[0] <= values[each.free.name] <= each.interval[1]
            ]
            n = len(fitted.error)
            row = {
                "data": data,
                "model": model,
                "free": len(free),
                "misfit per point, published": f"{fitted.misfit_before / n:.3g}",
                "fitted": f"{fitted.misfit / n:.3g}",
                "published values outside the intervals": ", ".join(outside) or "none",
                "not determined": ", ".join(fitted.undetermined) or "none",
            }
            print(row, flush=True)
            rows.append(row)
    if given.output is not None:
        with given.output.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
