"""Learned arrays by name: which a network has, and what can be done with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Learned, learned_shapes, shapes_in
from stdpbench.engine.network.learned import learned_in
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.plasticity.oja import Oja

LEARNED = Learned({"feed.w": np.arange(6.0).reshape(2, 3), "exc.theta": np.full(3, 0.02)})


def test_a_graph_names_its_learned_arrays_in_order_of_declaration() -> None:
    adaptive = Population(shape=(2, 2), neuron=AdaptiveLIF())
    graph = Graph(
        {
            "alone": adaptive,
            "input": Population(shape=(5,)),
            "first": adaptive,
            "second": Population(shape=(3,), neuron=LIF()),
        },
        {
            "feed": Projection(source="input", target="first", receptor="ge", plasticity=Oja()),
            "drive": Projection(source="first", target="second", receptor="ge"),
            "back": Projection(source="second", target="first", receptor="ge", plasticity=Oja()),
            "own": Projection(source="second", target="second", receptor="ge", connect=OneToOne(), plasticity=Oja()),
        },
    )
    assert list(learned_shapes(graph).items()) == [
        ("feed.w", (5, 4)),
        ("first.theta", (4,)),
        ("back.w", (3, 4)),
        ("own.w", (3,)),
        ("alone.theta", (4,)),
    ]


@pytest.mark.parametrize(("kind", "more"), [("fixed", {}), ("homeostatic", {"compete.w": (7, 7)})])
def test_diehl_and_cooks_network_has_them_by_these_names(kind: str, more: dict[str, tuple[int, ...]]) -> None:
    made = Experiment.from_mapping({"network": {"n_exc": 7}, "lateral": {"kind": kind}})
    assert shapes_in(made, 64) == {"feed.w": (64, 7), "exc.theta": (7,), **more}


def test_the_state_contains_learned_arrays_of_any_name() -> None:
    state = {"exc.v": np.zeros(3), "exc.u_slow": np.ones(3), "second.w": np.ones((2, 3)), "exc.theta": np.zeros(3)}
    learned = learned_in(state, ("second.w", "exc.u_slow", "compete.w"))
    assert list(learned) == ["second.w", "exc.u_slow"]
    assert learned["exc.u_slow"] is state["exc.u_slow"]


def test_learned_arrays_are_an_immutable_mapping(tmp_path: Path) -> None:
    assert dict(LEARNED).keys() == {"feed.w", "exc.theta"}
    assert repr(LEARNED) == "Learned(feed.w (2, 3), exc.theta (3,))"
    with pytest.raises(TypeError):
        LEARNED["feed.w"] = np.zeros((2, 3))  # type: ignore[index]
    copy = LEARNED.copy()
    assert copy == LEARNED
    copy["feed.w"][0, 0] = 9
    assert copy != LEARNED
    assert copy != Learned({"feed.w": copy["feed.w"]})
    replaced = LEARNED.replace({"exc.theta": np.zeros(3)})
    assert replaced["feed.w"] is LEARNED["feed.w"]
    assert not replaced["exc.theta"].any()
    shown = LEARNED.for_display()
    assert {name: array.dtype for name, array in shown.items()} == {"feed.w": np.float32, "exc.theta": np.float64}
    LEARNED.save(tmp_path / "learned")
    assert Learned.load(tmp_path / "learned") == LEARNED


def test_another_array_does_not_replace_one() -> None:
    with pytest.raises(StdpbenchError, match=r"this network has no learned array two.w; it has feed.w and exc.theta"):
        LEARNED.replace({"two.w": np.zeros(3)})
    with pytest.raises(StdpbenchError, match=r"theta has the shape \(4,\), but \(3,\) in this network"):
        LEARNED.replace({"exc.theta": np.zeros(4)})
