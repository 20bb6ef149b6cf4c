"""Groups of parameters, as forms show them: sections, or populations and projections."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import Experiment, group_of, parameter_groups, read_experiment, value_at

TWO_LAYERS = """
[network]
kind = "graph"
[network.populations.input]
[network.populations.exc]
shape = [2, 5]
neuron = { kind = "adaptive-lif", tau_m = "80 ms" }
[network.populations.top]
size = 6
neuron = { kind = "lif" }
[network.projections.feed]
source = "input"
target = "exc"
receptor = "ge"
weight = { kind = "uniform" }
plasticity = { kind = "diehl-cook-triplet" }
normalise = { kind = "sum", value = 20 }
[network.projections.compete]
source = "exc"
target = "exc"
receptor = "gi"
connect = { kind = "others" }
weight = 17
scale = 1.5
delay = "0.5 ms"
[network.projections.up]
source = "exc"
target = "top"
receptor = "ge"
weight = { kind = "uniform" }
plasticity = { kind = "homeostatic" }
"""


def another(declared: Parameter, value: Any) -> Any:
    """Return a value near the old one that is within all bounds."""
    if declared.choices:
        return next((choice for choice in declared.choices if choice != (value or "none")), None)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + 0.5 if declared.unit in ("ms", "mV") else value * 1.25 + (0.5 if value == 0 else 0)
    return 1.5 if value is None and declared.unit is not None else None


def test_a_network_has_its_populations_and_projections() -> None:
    made = Experiment.from_toml(TWO_LAYERS)
    groups = {group.path: group for group in parameter_groups(made)}
    assert list(groups) == [
        *(f"network.projections.{name}" for name in ("feed", "compete", "up")),
        *(f"network.populations.{name}" for name in ("exc", "top")),
        *("encoding", "network", "schedule", "evaluation", "data", "simulator"),
    ]
    feed, compete, up = (groups[f"network.projections.{name}"] for name in ("feed", "compete", "up"))
    exc, top = (groups[f"network.populations.{name}"] for name in ("exc", "top"))
    assert feed.heading == ("feed", "input → exc", "diehl-cook-triplet")
    assert compete.heading == ("compete", "exc → exc")
    assert exc.heading == ("exc", "10 neurons", "adaptive-lif")
    assert [group.path for group in groups.values() if group.primary] == [up.path, top.path]
    assert exc.not_default(partial(value_at, made)) == 1
    assert feed.not_default(partial(value_at, made)) == 1
    assert list(compete.parameters) == [
        *("plasticity.kind", "delay_plasticity.kind", "release.kind"),
        *("weight.kind", "weight.value", "delay.kind", "delay.value"),
        *("connect.kind", "connect.within", "connect.radius", "source", "target", "receptor", "scale"),
    ]
    assert (next(iter(exc.parameters)), list(exc.parameters)[-1]) == ("neuron.kind", "shape")
    assert (next(iter(top.parameters)), list(top.parameters)[-1]) == ("neuron.kind", "size")
    assert value_at(made, "network.populations.top.size") == 6
    assert value_at(made, "network.projections.up.normalise.value") is None
    assert compete.parameters["plasticity.kind"].choices[0] == "none"


def test_values_that_hold_in_evaluation_have_a_row_each() -> None:
    made = read_experiment("fast-100").override({"evaluation.values.exc.v_thresh": "-0.053 V"})
    for experiment, path in (
        (made, "values.exc.v_thresh"),
        (made.spelled_out(), "values.network.populations.exc.neuron.v_thresh"),
    ):
        group = next(group for group in parameter_groups(experiment) if group.path == "evaluation")
        assert list(group.parameters) == ["thresholds", path]
        declared = group.parameters[path]
        assert (declared.default, declared.unit, declared.optional, declared.structural) == (-52.0, "mV", True, False)
        assert value_at(experiment, f"evaluation.{path}") == -53.0
        assert group.not_default(partial(value_at, experiment)) == 1
        without = experiment.changed_live({f"evaluation.{path}": "none"})
        assert value_at(without, f"evaluation.{path}") is None
        assert without.evaluation.is_default
    stream = read_experiment("song-abbott-2000")
    assert "evaluation" not in [group.path for group in parameter_groups(stream)]


def test_a_parameter_is_live_where_a_run_accepts_another_value() -> None:
    made = Experiment.from_toml(TWO_LAYERS)
    live = set()
    for group in parameter_groups(made):
        for name, declared in group.parameters.items():
            path = f"{group.path}.{name}"
            new = another(declared, value_at(made, path))
            if new is None:
                assert declared.structural or declared.optional
            elif declared.structural:
                with pytest.raises(StdpbenchError):
                    made.changed_live({path: new})
            else:
                changed = made.changed_live({path: new})
                assert list(made.differences(changed)) in ([path], _table_of(made, changed, path))
                live.add(path)
    inside = "network.projections."
    assert {path.removeprefix(inside) for path in live if path.startswith(inside) and "plasticity" not in path} == {
        *("feed.normalise.kind", "feed.normalise.value", "compete.scale", "compete.weight.value"),
        "up.normalise.kind",
    }
    assert f"{inside}feed.plasticity.nu_post" in live
    assert "network.populations.exc.neuron.tau_m" in live


def _table_of(made: Experiment, changed: Experiment, path: str) -> list[str]:
    """Return the differences of a kind that is added or removed: with its parameters."""
    above = f"{path.rpartition('.')[0]}."
    return [each for each in made.differences(changed) if each.startswith(above)]


def test_each_part_of_a_network_has_the_group_that_says_most_about_it() -> None:
    made = Experiment.from_toml(TWO_LAYERS)
    assert {part: group_of(made, part) for part in ("feed", "top", "input", "nothing")} == {
        "feed": "network.projections.feed",
        "top": "network.populations.top",
        "input": "",  # nothing of it can be set
        "nothing": "",
    }
    layer = read_experiment("diehl-cook-400")
    parts = ("input", "exc", "inh", "feed", "drive", "compete")
    assert [group_of(layer, part) for part in parts] == ["", "exc", "inh", "plasticity", "network", "network"]
    learning = layer.override({"lateral.kind": "homeostatic"})
    assert group_of(learning, "compete") == "lateral"
    for experiment in (made, layer, learning, read_experiment("vogels-2011"), read_experiment("digits")):
        known = {group.path for group in parameter_groups(experiment)} | {""}
        graph = experiment.graph()
        assert {group_of(experiment, part) for part in (*graph.populations, *graph.projections)} <= known
