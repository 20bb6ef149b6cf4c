"""What tool tips and tables say about populations and projections."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stdpbench.engine.network.description import bytes_text, population_rows, projection_rows
from stdpbench.engine.network.layout import Layout
from stdpbench.engine.network.memory import projection_memory
from stdpbench.experiment import read_experiment
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.neurons.lif import LIF

DIGITS = read_experiment("diehl-cook-400").graph(28, 28)


def test_a_projection_says_what_it_takes() -> None:
    feed = dict(projection_rows(DIGITS, "feed"))
    assert feed["receptor"] == "ge, excites"
    assert feed["rule"] == "diehl-cook-triplet"
    assert feed["synapses"] == "313\N{NARROW NO-BREAK SPACE}600"
    memory = projection_memory(Layout(DIGITS).projections["feed"])
    assert memory >= 784 * 400 * 8
    assert feed["memory"] == bytes_text(memory)
    compete = dict(projection_rows(DIGITS, "compete"))
    assert compete["receptor"] == "gi, inhibits"
    assert compete["synapses"].startswith("159\N{NARROW NO-BREAK SPACE}600, ")


def test_populations_say_what_they_are() -> None:
    assert dict(population_rows(DIGITS, "input")) == {"size": "28 × 28 inputs", "inputs": "784"}
    exc = dict(population_rows(DIGITS, "exc"))
    assert exc["size"] == "400 neurons"
    assert exc["neuron"].startswith("adaptive-lif: leaky")
    assert "read" in exc
    assert "read" not in dict(population_rows(DIGITS, "inh"))


def test_what_is_not_known_is_not_said() -> None:
    without_data = read_experiment("diehl-cook-400").graph()
    assert "synapses" not in dict(projection_rows(without_data, "feed"))
    odd = Projection(source="a", target="b", receptor="nothing", connect=OneToOne())
    pair = {"a": Population(shape=(3,), neuron=LIF()), "b": Population(shape=(4,), neuron=LIF())}
    graph = Graph(pair, {"odd": odd, "lost": odd.model_copy(update={"source": "c"})}, read="b")
    for name in graph.projections:
        rows = dict(projection_rows(graph, name))
        assert "memory" not in rows  # sizes differ, or there is no such population
        assert rows["receptor"] == "nothing"
    fits = replace(graph, populations=pair | {"b": Population(shape=(3,), neuron=LIF())})
    assert dict(projection_rows(fits, "odd"))["synapses"] == "3"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1024, "1 KiB"), (3 * 2**20, "3 MiB"), (2.5e9, "2.33 GiB")],
)
def test_bytes_have_three_digits(number: float, text: str) -> None:
    assert bytes_text(number) == text
