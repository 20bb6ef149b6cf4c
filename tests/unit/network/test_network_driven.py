"""Neurons that are made to spike: their spike, what a rule reads of it, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.imposed import DrivenNeurons, ImposedSpikes
from stdpbench.kinds.neurons.adex import AdEx
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.studies import lab

NONE = np.empty(0)


def rule_of(**changes: Any) -> PlasticityRule:
    return rules.build({"kind": "clopath", **changes}, "plasticity")


def course(variable: str, until: float, dt: float = 0.5, **neuron: Any) -> np.ndarray:
    """A variable of a neuron that spikes in the step at 10 ms, step by step."""

    class Watched(DrivenNeurons):
        def _step(self, *given: Any) -> None:
            super()._step(*given)
            seen.append(float(self._array(self._target, variable)[0]))

    seen: list[float] = []
    Watched(rule_of(), 1, dt, AdEx(**neuron)).run([NONE], [np.array([0.01])], 0.5, until=until)
    return np.array(seen)


@pytest.mark.parametrize("dt", [1.0, 0.5])
def test_a_spike_has_the_width_and_the_area_of_the_released_code(dt: float) -> None:
    v, begin, n = 1e3 * course("v", 0.06, dt), round(10 / dt), round(2 / dt)
    np.testing.assert_allclose(v[begin : begin + n // 2], 29.4)
    np.testing.assert_allclose(v[begin + n // 2 : begin + n], 32.862)
    assert (v[begin : begin + n] + 45.3).sum() * dt == pytest.approx(152.862)
    # afterwards, from the reset on, as the equations say
    step = dt / 281 * (30 * 2 * np.exp((-49.5016 + 30.4) / 2) - 30 * (-49.5016 + 70.6) - 80.5 + 400)
    w_ad = 1e12 * course("w_ad", 0.06, dt)[begin - 1 : begin + n]
    assert v[begin + n] == pytest.approx(-49.5016 + step, abs=0.01)
    assert abs(w_ad[0]) < 1e-2
    assert np.ptp(w_ad[1:]) < 1e-9  # held during the spike
    assert np.abs(v[:begin] + 70.6).max() < 1e-3


def test_a_neuron_that_is_left_alone_is_at_rest_and_one_with_a_current_spikes_by_itself() -> None:
    z = 1e12 * course("z", 0.2, I_sp=400.0)
    assert z[20 + 4] == pytest.approx(400 * (1 - 0.5 / 40), rel=1e-9)
    assert z[-1] == pytest.approx(z[30] * (1 - 0.5 / 40) ** (len(z) - 31), rel=1e-9)
    spikes = DrivenNeurons(rule_of(), 1, 0.1)
    spikes.run([NONE], [NONE], 0.5, until=0.01)
    current = spikes._array(spikes._target, "I")
    potential = []
    for _ in range(3000):
        current[0] = 1e-9
        spikes._step(1e-4, np.empty(0, np.int32), np.empty(0, np.int32))
        potential.append(float(spikes._array(spikes._target, "v")[0]))
    assert np.count_nonzero(np.diff(np.array(potential) > 0.0) > 0) > 4


def test_the_filtered_potential_is_read_late_and_never_meets_its_own_spike() -> None:
    """An input spike after an output spike: depression by that begins when it is 3 ms past."""
    window = lab.pair_window("clopath", dts=[-1.0, -2.0, -2.5, -3.5, -5.0, -10.0])
    change = window.curves[0].change
    assert np.abs(change[:3]).max() < 1e-7
    assert (np.diff(change[2:5]) < 0).all()
    assert change[3] < -5e-4
    undelayed = lab.pair_window("clopath", dts=[-2.0], set={"delay": 0}).curves[0].change
    assert undelayed[0] < -1e-3


def test_only_rules_that_read_the_potential_have_neurons() -> None:
    with pytest.raises(StdpbenchError, match=r"spikes less than a step of 0\.5 ms apart"):
        DrivenNeurons(rule_of(), 1).run([np.array([0.0100])], [np.array([0.0102])], 0.5)
    for kind in rules.kinds():
        assert bool(rules.get(kind).output_neuron) == (kind == "clopath")
    imposed = ImposedSpikes(rules.build({"kind": "clopath-lif"}, "plasticity"), 1)
    after = imposed.run([np.array([0.03])], [np.array([0.02])], 0.5)
    assert after[0] == pytest.approx(0.5 - 1.4e-5 * 203.5 / 10 * np.exp(-1), abs=1e-12)
