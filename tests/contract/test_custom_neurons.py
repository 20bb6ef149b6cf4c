"""Neurons whose equations are in the experiment file: the same spikes as in plain Brian2, and what is refused."""

from __future__ import annotations

import pickle
import re
from typing import Any

import brian2 as b2
import numpy as np
import pytest

from stdpbench import open_network
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment

TABLES: dict[str, Any] = {
    "kind": "custom",
    "equations": "dv/dt = (-v - u + gain*g)/tau : volt\n"
    "du/dt = (0.4*v - u)/(3*tau) : volt\ndg/dt = -g/tau_g : 1\nh : volt",
    "threshold": "v > v_t + h and u < v_t",
    "reset": "v = 0*v_t\nu += jump\nh += rise",
    "refractory": "t_ref",
    "parameters": {
        "tau": "20 ms",
        "tau_g": "5 ms",
        "t_ref": "3 ms",
        "gain": "12 mV",
        "v_t": "9 mV",
        "jump": "1 mV",
        "rise": "0.3 mV",
        "h_start": "0.5 mV",
        "v_start": "2 mV",
    },
}


def experiment(neuron: dict[str, Any]) -> Experiment:
    feed = {
        "source": "input",
        "target": "cells",
        "receptor": "g",
        "weight": {"kind": "uniform", "low": 0, "high": 0.2},
    }
    network = {
        "kind": "graph",
        "dt": "0.5 ms",
        "populations": {"input": {}, "cells": {"size": 6, "neuron": neuron}},
        "projections": {"feed": {**feed, "plasticity": "pair-additive"}},
    }
    return Experiment.from_mapping({"data": {"kind": "digits"}, "network": network})


@pytest.mark.parametrize("simulator", ["compiled", "runtime"])
def test_spikes_and_potentials_are_those_of_plain_brian2(simulator: str) -> None:
    network = open_network(experiment(TABLES), 64, simulator)
    index, step = np.divmod(np.unique(np.random.default_rng(3).integers(0, 64 * 480, 1500)), 480)
    w = network.weights("feed").copy()
    activity = network.present(index, step * 0.5, 250, plastic=False, record={"cells": range(6)})
    frozen = network.array("cells.h").copy()
    b2.set_device("runtime")
    b2.prefs.codegen.target = "numpy"
    b2.defaultclock.dt = 0.5 * b2.ms
    names = {
        name: float(value.split()[0]) * getattr(b2, value.split()[1]) for name, value in TABLES["parameters"].items()
    }
    model = TABLES["equations"].replace("tau : volt\ndu", "tau : volt (unless refractory)\ndu")
    cells = b2.NeuronGroup(
        6,
        model,
        threshold=TABLES["threshold"],
        reset="v = 0*v_t\nu += jump",
        refractory="t_ref",
        method="euler",
        namespace=names,
    )
    cells.v, cells.h = "v_start", "h_start"
    source = b2.SpikeGeneratorGroup(64, index, step * 0.5 * b2.ms)
    synapses = b2.Synapses(source, cells, "w : 1", on_pre="g += w")
    synapses.connect()
    synapses.w = w[synapses.i[:], synapses.j[:]]
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "v", record=True, when="end")
    b2.Network(source, cells, synapses, spikes, course).run(250 * b2.ms)
    assert len(spikes.i) > 30
    np.testing.assert_array_equal(activity.spikes["cells"][0], spikes.i[:])
    np.testing.assert_allclose(activity.spikes["cells"][1], spikes.t / b2.ms, atol=1e-9)
    np.testing.assert_allclose(activity.courses["cells"]["v"], course.v.T / b2.volt, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(frozen, np.full(6, 0.5e-3))
    network.present(index, step * 0.5, 250, plastic=True)
    assert (network.array("cells.h") > 1e-3).all()


def test_a_definition_is_kept_and_its_values_change_during_a_run() -> None:
    made = experiment(TABLES)
    assert pickle.loads(pickle.dumps(made)) == made == Experiment.from_toml(made.to_toml())
    path = "network.populations.cells.neuron"
    assert made.changed_live({f"{path}.v_t": "8 mV"}).differences(made).keys() == {f"{path}.v_t"}
    assert experiment(TABLES | {"tau": "30 ms"}).differences(made).keys() == {f"{path}.tau"}
    with pytest.raises(StdpbenchError, match="is structural"):
        made.changed_live({f"{path}.threshold": "v > v_t"})


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("equations", "dv/dt = -v/tau", ".equations: 'dv/dt = -v/tau' must read like"),
        ("equations", "dv/dt = -v/tau : farad", "with one of the units volt, second, 1"),
        ("equations", "v : volt", ".equations must have at least one equation"),
        ("equations", "dv/dt = -v/tua : volt\nh : volt", "dv/dt, line 1, column 12: unknown name tua; did"),
        ("equations", "dv/dt = -v*tau : volt\nh : volt", "adds a voltage and a quantity in"),
        ("threshold", "v + 1", ".threshold, column"),
        ("threshold", "v", ".threshold, column"),
        ("reset", "v = 0*v_t\nh = v", ".reset: 'h = v' must read like 'theta += theta_plus'"),
        ("reset", "w = 1", ".reset, column 1: w cannot be assigned"),
        ("refractory", "gain", ".refractory must name one of the parameters that are times, not 'gain'"),
        ("parameters", {"tau": "20 apples"}, ".parameters.tau must be a number, or a text with a unit"),
        ("parameters", {"v": 1}, ".parameters.v: the name v is reserved"),
        ("parameters", {"tau": "20 nS"}, ".parameters.tau: the unit of a parameter must be one of"),
        ("parameters", 3, ".parameters must be a table of values by name"),
    ],
)  # fmt: skip
def test_errors_name_the_part(part: str, value: object, sentence: str) -> None:
    with pytest.raises(StdpbenchError, match=re.escape(sentence)) as caught:
        experiment(TABLES | {part: value})
    assert "network.populations.cells.neuron" in str(caught.value)
