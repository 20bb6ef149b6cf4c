"""The examples of docs/networks.md run."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.cli import main
from stdpbench.experiment import Experiment, Stage, parse_assignment, read_experiment
from stdpbench.experiment.graph.tables import PROJECTION
from stdpbench.experiment.templates import templates
from stdpbench.kinds.connections import connections
from stdpbench.kinds.noises.poisson import PoissonNoise

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "networks.md").read_text(encoding="utf-8")
SPELLED_OUT, NOISE, LOCAL, STACK, BALANCED, ENTRY_POINTS, USE = re.findall(r"(?ms)^```toml\n(.*?)^```", PAGE)
BUILDER, MODULE = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of the page, as pip installs it."""
    (tmp_path / "acme_networks.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "acme_networks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-networks\nVersion: 1.0\n", encoding="utf-8")
    groups = tomllib.loads(ENTRY_POINTS)["project"]["entry-points"]
    lines = [f"[{group}]\n{name} = {value}\n" for group, points in groups.items() for name, value in points.items()]
    (info / "entry_points.txt").write_text("".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_networks", raising=False)


def test_the_network_spelled_out_is_an_experiment() -> None:
    experiment = Experiment.from_toml(SPELLED_OUT)
    graph = experiment.graph(28, 28)
    assert [population.size for population in graph.populations.values()] == [784, 400, 100]
    assert (graph.plastic, graph.read) == (("feed", "upward"), "second")
    assert experiment.stages == (Stage(projections=("feed",), passes=2), Stage(projections=("upward",), passes=2))
    prose = re.sub(r"(?s)```sh\n.*?```", "", PAGE)
    for assignment in re.findall(r"--set (network\.po\S+='.*?'|network\.pro[^\s`]+)", prose):
        path, value = parse_assignment(assignment.replace("'", ""))
        assert list(experiment.differences(experiment.override({path: value}))) in ([path], [])


def test_the_commands_add_and_remove_populations_and_projections() -> None:
    (commands,) = re.findall(r"(?s)```sh\n(.*?)```", PAGE)
    found = []
    for line in commands.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        assert words[:2] == ["stdpbench", "run"]
        changes = dict(parse_assignment(words[at + 1]) for at, word in enumerate(words) if word == "--set")
        graph = read_experiment(words[2]).override(changes).graph(8, 8)
        found.append((list(graph.populations), list(graph.projections)))
    assert found == [
        (["input", "exc", "second"], ["feed", "compete", "upward"]),
        (["input", "exc"], ["feed"]),
    ]


def test_the_population_with_noise_is_part_of_a_network() -> None:
    experiment = Experiment.from_toml(SPELLED_OUT + NOISE)
    noise = experiment.graph(28, 28).populations["driven"].noise
    assert isinstance(noise, PoissonNoise)
    assert (noise.rate, noise.weight, noise.receptor) == (1.0, 20.0, "I_exc")
    assert Experiment.from_toml(experiment.to_toml()) == experiment


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        (LOCAL, {"input": 784, "exc": 900}),
        (STACK, {"input": 784, "first": 400, "second": 100}),
        (BALANCED, {"exc": 800, "inh": 200}),
    ],
)
def test_the_examples_of_templates_are_experiments(text: str, sizes: dict[str, int]) -> None:
    graph = Experiment.from_toml(text).graph(28, 28)
    assert {name: population.size for name, population in graph.populations.items()} == sizes


def test_the_page_names_all_kinds_of_connections_weights_and_delays() -> None:
    for key in ("connect", "weight", "delay", "normalise"):
        (row,) = re.findall(rf"(?m)^\| `{key}` \|(.*)$", PAGE)
        assert set(PROJECTION[key].kinds()) <= set(re.findall(r"`([\w-]+)`", row))


def test_the_example_in_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(BUILDER, names)
    experiment = names["experiment"]
    assert isinstance(experiment, Experiment)
    assert experiment.graph().plastic == ("feed",)
    printed = Experiment.from_toml(capsys.readouterr().out)
    assert printed.network == experiment.network


@pytest.mark.usefixtures("acme")
def test_the_template_is_a_kind_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
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
    with pytest.raises(SystemExit):
        main(["describe", "acme-two-layers"])
    assert "n_second" in capsys.readouterr().out


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
