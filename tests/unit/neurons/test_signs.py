"""Which receptors inhibit: what neurons declare, and what their equations do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.special import exprel

from stdpbench.experiment.graph.checks import receptors
from stdpbench.kinds.neurons import Neuron, neurons
from stdpbench.kinds.neurons.lif import LIF

DT, N_STEPS = 1e-4, 200


def courses(neuron: Neuron, receptor: str, weight: float) -> np.ndarray:
    """The potential over 20 ms after one spike at a receptor, by the declared step in plain Python."""
    names: dict[str, object] = {"exp": np.exp, "clip": np.clip, "exprel": exprel, "int": int, "abs": abs}
    names |= {"dt": DT, "mV": 1e-3, "ms": 1e-3, "pA": 1e-12, "second": 1.0, **neuron.quantities()}
    names |= {each.name: names[each.start] if each.start else 0.0 for each in neuron.variables}
    names[receptor] = weight
    step = compile("\n".join(line.strip() for line in neuron.update.strip().splitlines()), "update", "exec")
    found = []
    for _ in range(N_STEPS):
        exec(step, names)
        for conductance, tau in neuron.conductances:
            names[conductance] *= np.exp(-DT / names[tau])  # type: ignore[operator]
        found.append(names["v"])
    return np.array(found)


def of_networks() -> Iterator[tuple[str, Neuron]]:
    for kind in neurons.kinds():
        neuron = neurons.build({"kind": kind}, "neuron")
        if neuron.runs_in_digit_network and kind != "custom":  # whose signs are not known
            yield kind, neuron
            for preset in getattr(neuron, "presets", {}):
                yield f"{kind}, {preset}", neurons.build({"kind": kind, "preset": preset}, "neuron")


KINDS = dict(of_networks())


def test_every_kind_is_tested() -> None:
    lab_only = {kind for kind in neurons.kinds() if kind not in KINDS}
    assert lab_only == {"adex", "custom"}
    assert neurons.build({"kind": "adex"}, "neuron").inhibits("I") is None


@pytest.mark.parametrize("name", KINDS)
def test_the_declared_sign_of_a_receptor_is_that_of_the_equations(name: str) -> None:
    neuron = KINDS[name]
    signs = []
    for receptor in receptors(neuron):
        rests = courses(neuron, receptor, 0.0)
        change = (courses(neuron, receptor, 0.01) - rests).sum()
        inhibits = neuron.inhibits(receptor)
        assert inhibits is not None
        if inhibits and name.endswith("song-2000"):
            assert change == 0.0  # its reversal potential is that of rest: it shunts
        else:
            assert bool(change < 0) is inhibits
            assert change != 0.0
        signs.append(inhibits)
    assert signs == [False, True]
    assert neuron.inhibits("v_thresh") is None


def test_the_sign_of_a_conductance_follows_its_reversal_potential() -> None:
    usual, turned = LIF(), LIF(E_inh=-20.0)
    assert usual.inhibits("gi")
    assert turned.inhibits("gi") is False
    assert (courses(turned, "gi", 0.01) - courses(turned, "gi", 0.0)).sum() > 0
    assert usual.inhibits("I_inh") is None
