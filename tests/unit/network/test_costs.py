"""What projections cost: synapses and memory, as the simulators count them."""

from __future__ import annotations

from stdpbench.base.units import thousands
from stdpbench.engine.network import Layout
from stdpbench.engine.network.costs import Cost, costs, costs_sentence
from stdpbench.engine.network.memory import synapse_memory
from stdpbench.experiment import NetworkDraft, read_experiment

DIGITS = NetworkDraft(read_experiment("digits"))


def test_costs_are_those_of_the_simulators() -> None:
    graph = DIGITS.graph(784)
    found = costs(graph)
    assert found["compete"] == Cost(400 * 399, 0)  # a counter of spikes stands for its synapses
    assert found["feed"].synapses == 784 * 400
    assert sum(each.memory for each in found.values()) == synapse_memory(Layout(graph)) > 0
    sentence = f"{thousands(784 * 400 + 400 * 399)} synapses take 12 MiB in each process with the network."
    assert costs_sentence(found, 2) == sentence


def test_costs_of_drawn_synapses_are_expected_ones() -> None:
    graph = DIGITS.with_value("network.projections.feed.connect.kind", "random").graph(784)
    feed = costs(graph)["feed"]
    assert (feed.synapses, feed.expected) == (31_360, True)
    assert costs_sentence({"feed": feed}, 1).startswith(f"About {thousands(31_360)} synapses take ")


def test_costs_of_synapses_whose_number_does_not_depend_on_what_is_drawn_are_exact() -> None:
    graph = read_experiment("polychrony-2006").graph()
    found = costs(graph)
    assert found["exc_exc"] == Cost(64_000, found["exc_exc"].memory, expected=False)
    assert {name: len(graph.synapses(name)) for name in found} == {name: one.synapses for name, one in found.items()}
    assert costs_sentence(found, 3).startswith(f"{thousands(100_000)} synapses take ")
    local = costs(read_experiment("local-digits").graph(20, 20))["feed"]
    assert (local.synapses, local.expected) == (9 * 44 * 100, False)


def test_what_is_not_known_is_not_counted() -> None:
    assert list(costs(DIGITS.graph())) == ["compete"]  # the data give the number of inputs
    wrong = DIGITS.with_value("network.projections.feed.connect.kind", "one-to-one").graph(784)
    found = costs(wrong)
    assert list(found) == ["compete"]
    assert costs_sentence(found, 2).endswith("Not counted: 1 of 2 projections, with errors or an unknown input.")
    assert costs_sentence({}, 0) == ""
