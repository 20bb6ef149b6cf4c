"""Checks of normalisations: the weights of each target neuron, dense and sparse, against what they are scaled to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stdpbench.kinds.normalisations import normalisations
from stdpbench.studies.lab.checks.base import Outcome
from stdpbench.studies.lab.checks.trains import check_constants

Floats = NDArray[np.float64]
_VALUE, _DEFAULT = 3.7, {"sum": 78.0, "norm": 1.0}
_MEASURES: dict[str, Callable[[list[float]], float]] = {
    "sum": lambda weights: float(sum(weights)),
    "norm": lambda weights: float(sum(each**2 for each in weights)) ** 0.5,
}
"""What becomes the value, of the weights of a target neuron."""


def each_target(outcome: Outcome) -> None:
    """Check that each target neuron has the value afterwards, its weights in proportion; those at 0 stay there."""
    kind, measure = outcome.kind, _MEASURES[outcome.kind]
    check_constants(outcome, "default constants", normalisations.build({"kind": kind}, ""), {"value": _DEFAULT[kind]})
    scaling = normalisations.build({"kind": kind, "value": _VALUE}, "")
    generator = np.random.default_rng(16)
    dense = generator.random((9, 5)) * np.array([0.3, 1.0, 4.0, 0.0, 1e-3])  # each target at another size
    some = np.flatnonzero(np.arange(dense.size) % 7 != 2)  # not all pairs
    cases: list[tuple[str, Floats, NDArray[np.int32] | None]] = [
        ("dense", dense, None),
        ("sparse", dense.ravel()[some], (some % 5).astype(np.int32)),
    ]
    for name, w, targets in cases:
        owners = np.broadcast_to(np.arange(5), w.shape) if targets is None else targets
        sizes = [measure(w[owners == target].tolist()) for target in range(5)]
        factors = [_VALUE / size if size else 1.0 for size in sizes]
        expected = [weight * factors[owner] for weight, owner in zip(w.ravel(), owners.ravel(), strict=True)]
        found = w.copy()
        silent = scaling.apply(found, targets)
        what = f"{name} weights onto 5 neurons, of sizes from 0.001 to 4, those of one 0"
        outcome.formula(what, f"w · {_VALUE} / {kind} of w", expected, found.ravel(), 1e-12, "by definition")
        said = ", ".join(map(str, silent.tolist()))
        outcome.finding(f"{name}: neurons that cannot be scaled", "3", said, said == "3", "by definition", "exact")
