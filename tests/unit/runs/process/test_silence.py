"""Warnings of runs in which too little happens: in the journal, from Python, and in the table of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import driven, ended, experiment, new_run
from rich.console import Console

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.cli.follow import Display
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.silence import Activity, silence
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Remarked
from stdpbench.studies.report.evaluated_run import load_run

NEURONS = {
    "input": {},
    "other": {"size": 4, "neuron": {"kind": "lif"}},
    "exc": {"size": 4, "neuron": {"kind": "adaptive-lif", "theta_start": 12.0}},
}
FEED = {
    "source": "input",
    "target": "exc",
    "receptor": "ge",
    "weight": {"kind": "uniform"},
    "plasticity": {"kind": "pair-additive"},
    "normalise": {"kind": "sum", "value": 20.0},
}


def graph(**projections: dict[str, Any]) -> Experiment:
    """Return an experiment with another population between the input and the neurons that are read, or beside it."""
    network = {"kind": "graph", "read": "exc", "populations": NEURONS, "projections": projections}
    mapping = experiment(schedule__between="reset").to_mapping()
    kept = {name: mapping[name] for name in ("name", "seed", "data", "schedule")}
    return Experiment.from_mapping({**kept, "network": network})


def to(target: str, source: str, receptor: str, weight: float, delay: float = 0.0) -> dict[str, Any]:
    table = {"source": source, "target": target, "receptor": receptor, "weight": {"kind": "constant", "value": weight}}
    return table | ({"delay": {"kind": "constant", "value": delay}} if delay else {})


def empty(folder: Path) -> Experiment:
    np.savez(folder / "empty.npz", images=np.zeros((60, 8, 8), np.uint8), labels=np.arange(60) % 2)
    return experiment(data={"kind": "npz", "path": str(folder / "empty.npz")})


def in_ms(folder: Path) -> Experiment:
    """Events whose times are ms, as if they were seconds."""
    times = np.tile(np.arange(1, 21), 60).astype(float)
    arrays = {"index": np.tile(np.arange(20), 60), "time": times, "first": np.arange(60) * 20}
    np.savez(folder / "ms.npz", **arrays, label=np.arange(60) % 2)
    data = {"kind": "events", "path": str(folder / "ms.npz")}
    return experiment(data=data, encoding={"kind": "events"}, network__weight_sum=5.0)


def stream_of(folder: Path, times: Iterable[float], **projections: dict[str, Any]) -> Experiment:
    (folder / "ms.csv").write_text("index,time\n" + "\n".join(f"{n % 5},{time}" for n, time in enumerate(times)))
    populations = {"input": {}, "exc": NEURONS["exc"]}
    network = {"kind": "graph", "populations": populations, "projections": {"feed": FEED, **projections}}
    data = {"kind": "spike-times", "path": str(folder / "ms.csv"), "n": 50}
    schedule = {"between": "stream", "duration": "4 s", "piece": "0.1 s"}
    return Experiment.from_mapping({"data": data, "network": network, "schedule": schedule})


WAYS: dict[str, tuple[Callable[[Path], Experiment], str]] = {
    "weights too small": (
        lambda _: experiment(network__weight_sum=0.01),
        "raise the weights of feed (network.weight_sum)",
    ),
    "threshold too high": (lambda _: experiment(exc__v_thresh=0.0), "lower the threshold of exc (exc.v_thresh)"),
    "wrong units": (in_ms, "no input spike arrived; times of events must be in seconds"),
    "empty input": (empty, "no input spike arrived; check that pictures are not empty"),
    "inhibition too strong": (
        lambda _: graph(near=to("other", "input", "ge", 5.0), brake=to("exc", "other", "gi", 500.0), feed=FEED),
        "other fires and inhibits them; lower the weights of brake (network.projections.brake.weight.value)",
    ),
    "all delays past the end": (
        lambda _: graph(
            near=to("other", "input", "ge", 5.0, 20.0),
            feed=FEED | {"source": "other", "delay": 20.0, "normalise": None},
        ),
        "spikes need 40 ms from input to exc; lower the delays, or raise schedule.stimulus (30 ms)",
    ),
    "a stream without spikes": (
        lambda folder: stream_of(folder, range(500, 600)),
        "no input spike arrived; times in data.path must be in seconds",
    ),
    "a stream in ms": (
        lambda folder: stream_of(folder, range(100)),
        "most spikes come after its end; times in data.path must be in seconds, and some of them within "
        "schedule.duration (4 s)",
    ),
    "a stream inhibited by its input": (
        lambda folder: stream_of(folder, np.arange(0, 4, 0.01), brake=to("exc", "input", "gi", 50.0)),
        "lower the weights of brake (network.projections.brake.weight.value), by which it inhibits them, raise the",
    ),
    "delays past the end of a stream": (
        lambda folder: stream_of(folder, np.arange(0, 0.1, 0.01), feed=FEED | {"delay": 100.0}).override(
            {"schedule.duration": "100 ms", "schedule.piece": "5 ms"}
        ),
        "spikes need 100 ms from input to exc; lower the delays, or raise schedule.duration (100 ms)",
    ),
    "plasticity without effect": (
        lambda _: experiment(plasticity__nu_pre=0.0, plasticity__nu_post=0.0),
        "Plasticity has no effect: the weights of feed did not change in the first 20 training presentations; raise "
        "its learning rates (plasticity.nu_pre, plasticity.nu_post).",
    ),
}


def printed(folder: RunFolder) -> str:
    """Return the results as the command line prints them."""
    console = Console(file=StringIO(), width=200)
    Display(console).summarise(folder, folder.read_json("metrics.json"))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_silence_a_network_gives_its_warning(way: str, tmp_path: Path) -> None:
    make, words = WAYS[way]
    folder = ended(new_run(tmp_path, make(tmp_path)))
    warnings = stdpbench.open_run(folder.path).warnings
    said = [warning for warning in warnings if words in warning]
    assert said, warnings
    assert f"warning: {said[0]}" in printed(folder)
    at = next(r.position for r in read_journal(folder.path) if r.fact == Remarked(said[0]))
    assert at in (20, 40)  # while it trains


def test_a_network_that_fires_and_learns_gives_none_of_them(tmp_path: Path) -> None:
    folder = ended(new_run(tmp_path, experiment(schedule__test_images=100, schedule__max_attempts=20)))
    assert [w for w in stdpbench.open_run(folder.path).warnings if "fired" in w or "no effect" in w] == []


def test_a_network_in_which_nothing_learns_says_so_before_it_starts_and_finishes(tmp_path: Path) -> None:
    folder = ended(new_run(tmp_path, graph(feed={**FEED, "plasticity": None}, loop=to("exc", "exc", "ge", 0.1))))
    run = stdpbench.open_run(folder.path)
    assert not [warning for warning in run.warnings if "figure" in warning]
    (first,) = (r for r in read_journal(folder.path) if isinstance(r.fact, Remarked) and "learns" in r.fact.text)
    assert first.position == 0
    assert run.warnings[0].startswith("Nothing learns: no projection of this network has a plasticity rule; add one")
    with pytest.raises(StdpbenchError, match="nothing learns in the network of"):
        load_run(folder)


def test_few_evaluated_pictures_are_said_at_the_start(tmp_path: Path) -> None:
    folder = driven(new_run(tmp_path), at={1: ["stop"]})
    words = "Accuracy is measured on 6 pictures only, so it is uncertain by up to ± "
    (said,) = (w for w in stdpbench.open_run(folder.path).warnings if w.startswith(words))
    assert said.endswith("raise schedule.test_images to evaluate 100 or more.")


@pytest.mark.parametrize(("silent", "warned"), [(0, False), (5, False), (6, True), (100, True)])
def test_more_than_a_twentieth_of_presentations_without_a_spike_is_warned_of(silent: int, warned: bool) -> None:
    text = silence(experiment(), Activity("the first 100 training presentations", 100, silent, 1000))
    assert bool(text) == warned
    assert not warned or text.startswith(f"No neuron of exc fired in {'' if silent == 100 else '6 of '}the first 100")
