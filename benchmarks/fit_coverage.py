"""Measure how often the intervals of a fit contain the true values.

    python benchmarks/fit_coverage.py [--sets 200] [--output FILE.csv]

Four rules with planted parameters make weight changes in one design (pairs at several times and frequencies, triplets
and quadruplets), to which Gaussian errors are added, whose size the fit is told. Each set is fitted from two places:
the usual values of the rule, and a random one. A planted parameter counts as one that the data determine if its
standard error at the planted values (Fisher information) is below half of it.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from stdpbench.studies import lab
from stdpbench.studies.lab.batch import Batch
from stdpbench.studies.lab.data_sets import DataSet, Point
from stdpbench.studies.lab.protocols import as_rule

_ERROR = 0.05
_DESIGN = (
    *(("pairs", dt, 0.0, 1.0) for dt in (-40, -20, -10, -5, 5, 10, 20, 40)),
    *(("pairs", dt, 0.0, f) for dt in (-10, 10) for f in (10.0, 20.0, 40.0)),
    *(("triplets in-out-in", a, -b, 1.0) for a, b in ((5, 5), (10, 10), (15, 5))),
    *(("triplets out-in-out", -a, b, 1.0) for a, b in ((5, 5), (10, 10), (5, 15))),
    *(("quadruplets", 5.0, separation, 1.0) for separation in (-40, 20, 60)),
)
_PLANTED: dict[str, dict[str, float]] = {
    "pair-additive": {"tau_plus": 17.0, "tau_minus": 34.0, "a_plus": 0.006, "a_minus": 0.003},
    "pair-multiplicative": {"tau_plus": 14.0, "tau_minus": 30.0, "lam": 0.01, "alpha": 0.7},
    "triplet": {
        "a2_plus": 0.003,
        "a3_plus": 0.004,
        "a2_minus": 0.002,
        "a3_minus": 0.0002,
        "tau_x": 150.0,
        "tau_y": 40.0,
    },
    "inhibitory": {"eta": 0.004, "rho_0": 2.0, "tau": 15.0},
}


def _set(rule: str, seed: int) -> tuple[DataSet, DataSet]:
    """Return the design with the changes of the planted rule, and with errors added."""
    points = [Point(*timing, 30, 0.0, _ERROR) for timing in _DESIGN]
    trains = [point.trains() for point in points]
    planted = as_rule(rule, _PLANTED[rule])
    weight = planted.w_max / 2
    batch = Batch(planted, [fed for fed, _ in trains], [fired for _, fired in trains], weight)
    changes = batch.changes({name: np.array([value]) for name, value in _PLANTED[rule].items()})[0] / weight
    drawn = changes + np.random.default_rng([seed, *rule.encode()]).normal(0.0, _ERROR, len(points))
    exact = tuple(replace(point, change=float(change)) for point, change in zip(points, changes, strict=True))
    noisy = tuple(replace(point, change=float(change)) for point, change in zip(points, drawn, strict=True))
    return DataSet("planted", "", exact), DataSet("drawn", "", noisy)


def _free(rule: str) -> dict[str, tuple[float, float]]:
    return {name: (value / 20, value * 20) for name, value in _PLANTED[rule].items()}


def _set_of(rule: str) -> dict[str, float]:
    """Return the values from which the first fit starts, away from the planted ones."""
    return {name: 1.5 * value for name, value in _PLANTED[rule].items()}


def _one(job: tuple[str, int]) -> list[tuple[str, str, int, bool, bool | None]]:
    """Return for each parameter: rule, name, seed, whether the interval contains the value, and the verdict."""
    rule, seed = job
    data = _set(rule, seed)[1]
    fitted = lab.fit(rule, data, free=_free(rule), set=_set_of(rule), search=False, starts=2, seed=seed)
    rows = []
    for each in fitted.parameters:
        low, high = each.interval or (0.0, 0.0)
        rows.append((rule, each.free.name, seed, low <= _PLANTED[rule][each.free.name] <= high, each.determined))
    return rows


def _determined(rule: str) -> dict[str, bool]:
    """Return which planted parameters the design determines."""
    exact = _set(rule, 0)[0]
    planted = lab.fit(rule, exact, free=_free(rule), set=_PLANTED[rule], search=False, starts=1, profiles=False)
    return {each.free.name: bool(each.error < 0.5 * each.value) for each in planted.parameters}


def _rows(n: int, workers: int) -> Iterator[dict[str, object]]:
    jobs = [(rule, seed) for rule in _PLANTED for seed in range(n)]
    with ProcessPoolExecutor(workers) as pool:
        rows = [row for of_set in pool.map(_one, jobs, chunksize=4) for row in of_set]
    for rule in _PLANTED:
        for name, determined in _determined(rule).items():
            own = [row for row in rows if row[:2] == (rule, name)]
            yield {
                "rule": rule,
                "parameter": name,
                "determined": "yes" if determined else "no",
                "sets": len(own),
                "covered, %": round(100 * float(np.mean([row[3] for row in own])), 1),
                "verdict as planted, %": round(100 * float(np.mean([row[4] == determined for row in own])), 1),
            }


def main() -> None:
    """Print a row for each parameter, and the pooled coverage."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", type=int, default=200)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--output", type=Path)
    given = options.parse_args()
    rows = list(_rows(given.sets, given.workers))
    for row in rows:
        print(row, flush=True)
    print(f"pooled: {np.mean([row['covered, %'] for row in rows]):.1f} %")  # all have as many sets
    if given.output is not None:
        with given.output.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
