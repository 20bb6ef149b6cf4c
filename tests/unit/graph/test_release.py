"""Short-term plasticity of projections: read and written, changed while it runs, and refused where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges import brian_script
from stdpbench.bridges.nir import writing
from stdpbench.engine.simulators import open_graph
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import Spikes

TEXT = """
[data]
kind = "digits"
[network]
kind = "graph"
read = "exc"
[network.populations.input]
[network.populations.exc]
size = 3
neuron = { kind = "lif-discrete", beta = 1.0, v_thresh = 1e9 }
[network.projections.feed]
source = "input"
target = "exc"
receptor = "I_exc"
weight = 2.0
release = { kind = "tsodyks-markram", u_se = 0.25, tau_rec = "100 ms", tau_facil = "50 ms" }
"""
RELEASE = "network.projections.feed.release"


def test_a_spike_delivers_the_part_that_is_left() -> None:
    """Against the recursion of Markram, Wang & Tsodyks (1998), with another share from the third spike on."""
    experiment = Experiment.from_toml(TEXT)
    assert Experiment.from_mapping(experiment.to_mapping()) == experiment
    simulator, _ = open_graph(experiment.graph(8, 8))
    delivered, u, left, before = [], 0.0, 1.0, 0.0
    for spike in range(4):
        if spike == 2:
            simulator.set_graph(experiment.override({f"{RELEASE}.u_se": 0.5}).graph(8, 8))
        simulator.present(Spikes(np.zeros(1, np.int32), np.zeros(1, np.int32)), 40, plastic=False)
        share = 0.25 if spike < 2 else 0.5
        u = u * np.exp(-40 * simulator.graph.dt / 50) + share * (1 - u * np.exp(-40 * simulator.graph.dt / 50))
        now = simulator.array("exc.v")[0]
        delivered.append(((now - before) / 2, u * left))
        left = 1 + (left * (1 - u) - 1) * np.exp(-40 * simulator.graph.dt / 100)
        before = now
    found, wanted = zip(*delivered, strict=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    at_once = np.zeros(1, np.int32)
    with pytest.raises(StdpbenchError, match="whose short-term plasticity needs spikes"):
        simulator.present(Spikes(at_once, at_once), 4, plastic=False, currents=np.ones(64))
    with pytest.raises(StdpbenchError, match="cannot pass the short-term plasticity of 'feed'"):
        simulator.present(Spikes(at_once, at_once, factor=np.ones(1)), 4, plastic=False)
    simulator.close()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network.projections.feed.delay": {"kind": "uniform", "high": "2 ms"}}, "arrives everywhere at once"),
        ({"encoding.kind": "current"}, "needs spikes, but encoding.kind 'current' gives currents"),
        ({"encoding.kind": "phase", "encoding.form": "weighted"}, "cannot pass on spikes with factors"),
    ],
)
def test_what_cannot_have_it_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(StdpbenchError, match=sentence):
        Experiment.from_toml(TEXT).override(change)


def test_files_that_cannot_say_it_name_it() -> None:
    graph = Experiment.from_toml(TEXT).graph(8, 8)
    assert [each.reason for each in writing.unsupported(graph) if "feed.release" in each.reason]
    assert list(brian_script.unsupported(graph, ())) == ["feed has short-term plasticity"]
