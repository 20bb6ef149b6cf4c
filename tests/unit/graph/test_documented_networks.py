"""The tables of docs/networks.md are experiments, and its package brings kinds; `test_blocks` runs its blocks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packages import install_package

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph.tables import PROJECTION
from stdpbench.experiment.templates import templates
from stdpbench.kinds.connections import connections
from stdpbench.kinds.neurons import neurons

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "networks.md").read_text(encoding="utf-8")
SPELLED_OUT, NEURON, NOISE, LOCAL, STACK, CONV, BALANCED, ENTRY_POINTS, USE = re.findall(
    r"(?ms)^```toml\n(.*?)^```", PAGE
)
_, MODULE = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of the page, as pip installs it."""
    groups = tomllib.loads(ENTRY_POINTS)["project"]["entry-points"]
    lines = [f"[{group}]\n{name} = {value}\n" for group, points in groups.items() for name, value in points.items()]
    install_package(monkeypatch, tmp_path, "".join(lines), acme_networks=MODULE)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        (SPELLED_OUT + NOISE, [784, 400, 100]),
        (LOCAL, [784, 900]),
        (STACK, [784, 400, 100]),
        (CONV, [1568, 18_432, 512, 400]),
        (BALANCED, [800, 200]),
    ],
)
def test_the_tables_are_experiments(text: str, sizes: list[int]) -> None:
    graph = Experiment.from_toml(text).graph(sizes[0] // 28, 28)
    assert [population.size for population in graph.populations.values()][: len(sizes)] == sizes


def test_the_neuron_is_one() -> None:
    table = tomllib.loads(NEURON)["network"]["populations"]["exc"]["neuron"]
    assert [variable.name for variable in neurons.build(table, "neuron").variables] == ["v", "ge", "theta", "lockout"]


def test_the_page_names_all_kinds_of_connections_weights_and_delays() -> None:
    for key in ("connect", "weight", "delay", "normalise"):
        (row,) = re.findall(rf"(?m)^\| `{key}` \|(.*)$", PAGE)
        assert set(PROJECTION[key].kinds()) <= set(re.findall(r"`([\w-]+)`", row))


@pytest.mark.usefixtures("acme")
def test_the_template_is_a_kind_like_any_other(call: Callable[..., str]) -> None:
    assert templates.kinds()[-1] == "acme-two-layers"
    experiment = Experiment.from_toml(USE)
    assert "inh" not in experiment.sections
    assert experiment.network.to_mapping()["kind"] == "acme-two-layers"
    graph = experiment.graph(8, 8)
    assert [population.size for population in graph.populations.values()] == [64, 225, 100]
    long = {"network.projections.to_second.plasticity.nu_post": 0.02, "network.populations.first.size": 9}
    changed = experiment.override(long)
    assert set(experiment.differences(changed)) == {"plasticity.nu_post", "network.n_first"}
    assert changed.spelled_out().graph(8, 8) == changed.graph(8, 8)
    assert Experiment.from_toml(changed.to_toml()) == changed
    with pytest.raises(StdpbenchError, match=r"^exc\.tau_ge must be longer than network\.dt"):
        experiment.override({"exc.tau_ge": "0.2 ms"})
    with pytest.raises(
        StdpbenchError, match=r"inh is not a section of .*'acme-two-layers', which uses exc, plasticity"
    ):
        experiment.override({"inh.tau_m": "5 ms"})
    assert "n_second" in call("describe", "acme-two-layers")


@pytest.mark.usefixtures("acme")
def test_so_is_the_connection() -> None:
    assert connections.kinds()[-1] == "acme-same-place"
    same = Experiment.from_toml(SPELLED_OUT).override({"network.projections.compete.connect": "acme-same-place"})
    assert same.graph().projections["compete"].connect.storage == "one-to-one"
    with pytest.raises(
        StdpbenchError, match=r"upward\.connect: 'acme-same-place' needs two populations of the same shape"
    ):
        same.override(
            {"network.projections.upward.connect": "acme-same-place", "network.projections.upward.normalise": "none"}
        )
