"""A neuron with many Poisson inputs, on the network's simulator."""

from __future__ import annotations

import numpy as np

from stdpbench.studies import lab


def test_weights_of_a_neuron_spread_under_the_multiplicative_rule() -> None:
    given = {"inputs": 60, "rate": 40.0, "duration": 10, "g_max": 0.15, "weight": 0.9, "set": {"lam": 0.02}}
    found = lab.neuron("pair-multiplicative", **given)
    start, end = (curve.change for curve in found.curves)
    assert start[found.x.searchsorted(0.9) - 1 : found.x.searchsorted(0.9) + 1].sum() == 1.0
    assert end.sum() == 1.0
    mean, spread = end @ found.x, np.sqrt(end @ found.x**2 - (end @ found.x) ** 2)
    assert 0.3 < mean < 0.7  # soft bounds pull to the middle, whatever the start
    assert spread < 0.15
    assert "settled" in found.remarks[0]
    assert found.conditions == "60 Poisson inputs at 40 Hz, starting weight 0.9, bounds 0 … 1"
    again = lab.neuron("pair-multiplicative", **given)
    np.testing.assert_array_equal(again.curves[1].change, end)
