"""Estimated durations of runs before they start, with their source."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench.runs.catalog.forecast import Size, forecast
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.run_folder import environment
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.process.assessment import phases
from stdpbench.runs.protocol.facts import Fact, Record, RuleChanged, Started, StateChanged
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import COMPILING

Make = Callable[..., Path]
START = datetime.fromisoformat("2026-01-02T03:00:00+00:00")
SIZE = Size(1000, 200, (28, 28))
USUAL = {"network.n_exc": 50, "network.inhibition": "direct", "schedule.between": "carry", "schedule.rest": "0 ms"}


@pytest.fixture(autouse=True)
def compiler(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Say how long compiling takes here; 0, as for a network that is there, until somebody says otherwise."""

    def takes(seconds: float) -> None:
        monkeypatch.setattr("stdpbench.runs.catalog.forecast.compile_seconds", lambda *arguments: seconds)

    takes(0.0)
    return takes


@pytest.fixture
def measured(tmp_path: Path, make_run: Make) -> Callable[..., Path]:
    """A run of 1000 training presentations of 20 ms, 10 s of building, 40 s for 2400 frozen ones, 100 s of pauses."""

    def make(
        name: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        host: Mapping[str, Any] | None = None,
        per_training: float = 0.02,
        compiling: bool = False,
        stream: bool = False,
        **more: Any,
    ) -> Path:
        about = {"host": host if host is not None else environment()["host"]}
        usual = {} if "base" in more else USUAL
        path = make_run(tmp_path, name, parameters={**usual, **(parameters or {})}, about=about, **more)
        metrics = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
        metrics["training"] = {"presentations": 1000, "seconds": 1000 * per_training, "stopped": False}
        (path / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        plan: tuple[tuple[str, int], ...] = (("train", 1000),)
        if not stream:
            plan = (
                *plan,
                ("label", 1000),
                ("test", 200),
                ("start weights: label", 1000),
                ("start weights: test", 200),
            )
        shape = (1, 100) if stream else (28, 28)
        history: list[tuple[int, int, Fact]] = [
            (0, 0, StateChanged("building")),
            *([(2, 0, StateChanged("building", COMPILING))] if compiling else []),
            (9, 0, Started({}, "compiled", "", plan, shape, ())),
            (10, 0, StateChanged("running")),
            (20, 500, StateChanged("paused")),
            (70, 500, StateChanged("running")),
            (80, 1000, StateChanged("running")),
            (100, 2200, StateChanged("paused")),
            (150, 2200, StateChanged("running")),
            (170, 3400, StateChanged(more.get("state", "finished"))),
        ]
        records = [
            Record(number, at, (START + timedelta(seconds=after)).isoformat(), fact)
            for number, (after, at, fact) in enumerate(history)
        ]
        write_journal(path, records)
        return path

    return make


def asked(**changes: Any) -> Experiment:
    given = {path.replace("__", "."): value for path, value in changes.items()}
    return Experiment.from_mapping({"name": "mine"}).override({**USUAL, **given})


def test_the_estimate_is_based_on_a_run_with_the_same_network(measured: Make, tmp_path: Path) -> None:
    measured("known", {"plasticity.nu_post": 0.02})
    found = forecast(asked(), tmp_path, SIZE)
    assert found.seconds == pytest.approx(10 + 20 + 40)
    assert found.sentence == (
        "About 70 s on this machine for 1\u202f000 training presentations, based on run known with the same network."
    )
    more = forecast(asked(schedule__passes=3, schedule__test_images=100), tmp_path, SIZE, Options(baselines=False))
    assert more.seconds == pytest.approx(10 + 60 + 40 * 1100 / 2400)
    assert more.presentations == 3000
    rest = forecast(asked(schedule__passes=3), tmp_path, SIZE, done=2500)
    assert rest.seconds == pytest.approx(10 + 20 * 0.5 + 40)
    assert rest.sentence.startswith("About 60 s on this machine for 500 training presentations")


def test_compilation_is_included_unless_the_network_is_compiled(
    measured: Make, tmp_path: Path, compiler: Callable[[float], None]
) -> None:
    measured("known", compiling=True)  # from second 2 to second 9 of the 10 of building
    there = forecast(asked(), tmp_path, SIZE)
    assert there.seconds == pytest.approx(3 + 20 + 40)
    assert "compiling" not in there.sentence
    compiler(15.0)
    found = forecast(asked(), tmp_path, SIZE)
    assert found.seconds == pytest.approx(3 + 7 + 20 + 40), "it took 7 s for this very network"
    assert found.sentence.endswith("the same network. This includes about 7 s for compiling the network.")
    other = forecast(asked(plasticity__kind="bcm"), tmp_path, SIZE)
    assert other.seconds == pytest.approx(3 + 15 + 20 + 40)
    digits = forecast(read_experiment("digits"), tmp_path / "nowhere", SIZE)
    assert "This includes about 15 s for compiling the network." in digits.sentence


def test_another_machine_is_named_and_this_one_comes_first(measured: Make, tmp_path: Path) -> None:
    measured("there", host={"processor": "Abacus", "cpus": 7}, per_training=0.5)
    found = forecast(asked(), tmp_path, SIZE)
    assert found.sentence.startswith("About 9 min for ")
    assert found.sentence.endswith("run there with the same network on another machine (Abacus, 7 processors).")
    measured("here")
    assert "run here with the same network." in forecast(asked(), tmp_path, SIZE).sentence


@pytest.mark.parametrize(
    ("changes", "factor", "words"),
    [
        ({"network__n_exc": 100}, 2, "with different network.n_exc, scaled with synapses and time steps."),
        ({"schedule__stimulus": "700 ms"}, 2, "different schedule.stimulus, scaled with synapses and time steps."),
        ({"plasticity__kind": "bcm"}, 1, "with different plasticity.kind."),
        ({"plasticity__kind": "bcm", "network__inhibition": "layer"}, 1, "network.inhibition and plasticity.kind."),
    ],
)
def test_a_similar_run_gives_a_rough_estimate(
    measured: Make, tmp_path: Path, changes: dict[str, Any], factor: float, words: str
) -> None:
    measured("known")
    found = forecast(asked(**changes), tmp_path, SIZE)
    assert found.seconds == pytest.approx(10 + factor * 60, rel=0.01)  # a layer has few neurons and synapses more
    assert found.sentence.startswith("Roughly ")
    assert ", estimated from run known with different " in found.sentence
    assert found.sentence.endswith(words)


@pytest.mark.parametrize(
    "changes",
    [
        {"network__n_exc": 20_000},
        {"plasticity__kind": "bcm", "network__inhibition": "layer", "network__delays": "uniform"},
    ],
)
def test_there_is_no_estimate_without_a_similar_run(measured: Make, tmp_path: Path, changes: dict[str, Any]) -> None:
    measured("known")
    found = forecast(asked(**changes), tmp_path, SIZE)
    assert found.seconds is None
    assert found.sentence.startswith("The duration cannot be estimated")


# -- networks by name -------------------------------------------------------------------------------

GRAPH = """
[network]
kind = "graph"
[network.populations.input]
[network.populations.first]
size = 60
neuron = { kind = "lif" }
[network.populations.second]
size = 20
neuron = { kind = "lif" }
[network.projections.feed]
source = "input"
target = "first"
receptor = "ge"
weight = { kind = "uniform" }
plasticity = { kind = "pair-additive" }
[network.projections.up]
source = "first"
target = "second"
receptor = "ge"
scale = 2.0
[schedule]
between = "carry"
"""
MORE = """
[network.projections.down]
source = "second"
target = "first"
receptor = "gi"
"""
STREAM = """
between = "stream"
duration = "1000 s"
piece = "1 s"
[data]
kind = "poisson"
n = 100
"""
RULE, UP = "network.projections.feed.plasticity", "network.projections.up"
OF_GRAPH = Experiment.from_toml(GRAPH)


def test_a_network_that_is_spelled_out_is_compared_by_name(measured: Make, tmp_path: Path) -> None:
    measured("other")  # of the template
    assert forecast(OF_GRAPH, tmp_path, SIZE).seconds is None
    measured("known", base=OF_GRAPH)
    found = forecast(OF_GRAPH.override({f"{RULE}.a_plus": 0.02, f"{UP}.scale": 3.0}), tmp_path, SIZE)
    assert found.seconds == pytest.approx(10 + 20 + 40)
    assert found.sentence.endswith("based on run known with the same network.")
    assert forecast(asked(), tmp_path, SIZE).sentence.endswith("based on run other with the same network.")


@pytest.mark.parametrize(
    ("changes", "factor", "words"),
    [
        ({"network.populations.first.size": 120}, 2.0, "different network.populations.first.size, scaled with"),
        ({f"{RULE}.kind": "bcm"}, 1.0, f"different {RULE}.kind."),
        ({f"{UP}.connect": {"kind": "random", "p": 0.5}}, 0.99, f"with different {UP}.connect.kind, scaled with"),
        (
            {"network.populations.second.neuron.kind": "lif-alpha", f"{UP}.receptor": "ge_rise"},
            1.0,
            "second.neuron.kind",
        ),
    ],
)
def test_another_network_gives_a_rough_estimate(
    measured: Make, tmp_path: Path, changes: dict[str, Any], factor: float, words: str
) -> None:
    measured("known", base=OF_GRAPH)
    found = forecast(OF_GRAPH.override(changes), tmp_path, SIZE)
    assert found.seconds == pytest.approx(10 + factor * 60, rel=0.01)
    assert found.sentence.startswith("Roughly ")
    assert words in found.sentence


def test_more_projections_are_another_network(measured: Make, tmp_path: Path) -> None:
    measured("known", base=OF_GRAPH)
    assert forecast(Experiment.from_toml(GRAPH + MORE), tmp_path, SIZE).seconds is None


def test_templates_are_compared_by_their_structure(measured: Make, tmp_path: Path) -> None:
    stack = Experiment.from_toml('[network]\nkind = "stack"\nn_first = 50\nn_second = 20')
    measured("known", base=stack)
    found = forecast(stack.override({"network.gain": 2.0}), tmp_path, SIZE)
    assert found.sentence.endswith("based on run known with the same network.")
    larger = forecast(stack.override({"network.n_first": 100}), tmp_path, SIZE)
    assert "with different network.n_first, scaled" in larger.sentence
    local = Experiment.from_toml('[network]\nkind = "local"\nunits = 5')
    assert forecast(local, tmp_path, SIZE).seconds is None


def test_the_time_of_a_stream_is_that_of_the_time_it_simulates(measured: Make, tmp_path: Path) -> None:
    mine = Experiment.from_toml(GRAPH.replace('between = "carry"\n', "") + STREAM)
    measured("pictures", base=OF_GRAPH)
    assert forecast(mine, tmp_path).seconds is None
    measured("known", base=mine, stream=True)
    longer = forecast(mine.override({"schedule.duration": "3000 s", "schedule.piece": "2 s"}), tmp_path)
    assert longer.presentations == 1500
    assert longer.seconds == pytest.approx(10 + 60)  # 20 ms for each second
    assert longer.sentence == (
        "About 70 s on this machine for 3000 s of the stream, based on run known with the same network."
    )
    assert "with different data.rate." in forecast(mine.override({"data.rate": "20 Hz"}), tmp_path).sentence


def test_runs_without_usable_times_are_ignored(measured: Make, tmp_path: Path) -> None:
    measured("stopped", state="stopped")
    changed = measured("changed")
    rules = {"kind": "bcm"}, {"kind": "diehl-cook-triplet"}
    known = read_journal(changed)
    write_journal(changed, [*known, Record(len(known), 500, START.isoformat(), RuleChanged(*rules))])
    (measured("gone") / "experiment.toml").unlink()
    (measured("torn") / "journal.jsonl").write_text("{\n", encoding="utf-8")
    assert "run " not in forecast(asked(), tmp_path, SIZE).sentence
    assert forecast(asked(), tmp_path / "nowhere", SIZE).sentence == forecast(asked(), tmp_path, SIZE).sentence


def test_shipped_experiments_use_their_own_measurement(tmp_path: Path) -> None:
    for name in shipped_experiments():
        experiment = read_experiment(name)
        try:
            size = Size.of_experiment(experiment)
        except StdpbenchError:  # nobody may pass these data on, and how large they are is read from them
            continue
        found = forecast(experiment, tmp_path, size, trust=True)
        if experiment.about.measured_time is None:
            assert found.sentence == f"According to the experiment file: {experiment.about.expected_time}."
        else:
            assert found.seconds == pytest.approx(experiment.about.measured_time - 4), "compiled before"
            source = f"based on the shipped measurement of {name} with the same network on another machine"
            assert source in found.sentence


def test_data_that_are_not_on_this_machine_do_not_prevent_an_estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STDPBENCH_DATA", str(tmp_path / "empty"))
    found = forecast(read_experiment("digits"), tmp_path / "nothing")
    assert "the shipped measurement of digits" in found.sentence


def test_measured_times_agree_with_the_stated_times() -> None:
    in_words = {"half a minute": 30.0, "about a minute": 60.0, "10 seconds": 10.0}
    for name in shipped_experiments():
        about = read_experiment(name).about
        if about.measured_time is not None:
            (number,) = re.findall(r"half a minute|about a minute|\d+ minutes|\d+ seconds", about.expected_time)
            stated = in_words[number] if number in in_words else 60 * float(number.split()[0])
            assert about.measured_time == stated, name


def test_the_time_stated_in_a_file_is_not_used_for_other_experiments(tmp_path: Path) -> None:
    mine = asked(network__n_exc=20_000, about__expected_time="a long night")
    assert forecast(mine, tmp_path, SIZE, trust=True).sentence == "According to the experiment file: a long night."
    assert "night" not in forecast(mine, tmp_path, SIZE).sentence


def test_presentations_are_those_that_a_run_plans(tmp_path: Path) -> None:
    experiment = read_experiment("digits").override({"schedule.train_images": 90, "schedule.label_images": 70})
    split = load_split(experiment, validation=False)
    for options in (Options(), Options(baselines=False)):
        planned = 4 * 90 + sum(total for _, total in phases(experiment, split, options))
        found = forecast(experiment, tmp_path, Size.of(split), options)
        per_presentation = (30 - 4) / (4 * 1347 + 2 * (1347 + 450))
        assert found.seconds == pytest.approx(planned * per_presentation)
    assert Size.of(split) == Size.of_experiment(experiment) == Size(1347, 450, (28, 28))


def test_own_pictures_are_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=np.ones((30, 9, 9)))
    mine = (
        read_experiment("fast-100").override({"data.kind": "npz"}).override({"data.path": str(tmp_path / "mine.npz")})
    )
    assert Size.of_experiment(mine) == Size(24, 6, (9, 9), labelled=False)
    assert forecast(mine, tmp_path).presentations == 24
