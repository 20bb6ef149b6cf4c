"""``stdpbench describe`` with networks: expanded experiments, and paths of populations and projections."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stdpbench.experiment import Experiment, read_experiment


def test_an_expanded_experiment_is_a_file_that_can_be_run(
    tmp_path: Path, call: Callable[..., str], run_cli: Callable[..., tuple[int, str, str]]
) -> None:
    text = call("describe", "diehl-cook-100", "--expanded")
    file = tmp_path / "spelled-out.toml"
    file.write_text(text, encoding="utf-8")
    made = read_experiment(file)
    assert made.graph(28, 28) == read_experiment("diehl-cook-100").graph(28, 28)
    assert run_cli("describe", str(file), "--expanded")[1] == text
    (described,) = json.loads(run_cli("describe", "diehl-cook-100", "--expanded", "--json")[1])
    assert Experiment.from_mapping(described["experiment"]) == made


@pytest.mark.parametrize("arguments", [("oja",), ("network",), ("no-such-file.toml",), ()])
def test_only_experiments_can_be_expanded(arguments: tuple[str, ...], call: Callable[..., str]) -> None:
    assert "--expanded needs an experiment" in call("describe", *arguments, "--expanded", status=2)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("network", "graph Populations and projections, spelled out"),
        ("network.projections.any.delay", "uniform A delay per synapse, drawn uniformly"),
        ("network.projections.any.plasticity", "shows the parameters of a kind"),
        ("network.projections.any.plasticity.nu_post", "nu_post diehl-cook-triplet 0.01"),
        ("network.projections.any.scale", "Factor on all weights"),
        ("network.populations.any.neuron.tau_m", "tau_m adaptive-lif 100 ms"),
        ("network.populations.any", "table of a network population Neurons of one kind"),
        ("Projection", "delay_plasticity none a table Learning rule of the axonal"),
        ("DiehlCookTriplet", "plasticity rule diehl-cook-triplet: Triplet rule"),
    ],
)
def test_parts_of_networks_are_described(path: str, text: str, call: Callable[..., str]) -> None:
    assert text in " ".join(call("describe", path).split())


def test_a_rule_of_ones_own_is_described_as_it_is_written(tmp_path: Path, call: Callable[..., str]) -> None:
    file = tmp_path / "mine.toml"
    text = 'title = "Mine"\non_output_spike = "w = clip(w + a*x, 0, w_max)"\n[traces]\nx = { side = "input", '
    text += (
        'tau = "tau", on_spike = "add" }\n[parameters]\na = { default = 0.1 }\ntau = { default = 5, unit = "ms" }\n'
    )
    file.write_text(text, encoding="utf-8")
    output = call("describe", str(file))
    assert "\n  w = clip(w + a*x, 0, w_max)\n" in output
    assert "a definition has" not in output
