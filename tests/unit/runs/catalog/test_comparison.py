"""Comparison of runs: differences, ancestors, and the figure."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from edited_journal import edit_journal
from matplotlib.container import BarContainer
from run_folders import Make

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.learned_names import listed
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.results.figures.comparison import called, comparison_figure, courses_spec
from stdpbench.runs.catalog.base import base_of, settings_text
from stdpbench.runs.catalog.comparison import (
    Account,
    Metric,
    compare,
    differences_from,
    lineage,
)
from stdpbench.runs.catalog.comparison_spec import (
    comparison_rows,
    comparison_spec,
    course_of,
    course_table,
    labels_of,
    title_and_name,
)
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.catalog.trash import move_to_bin
from stdpbench.runs.folder.notes import change_notes
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.preparation.creation import create_run, create_run_from
from stdpbench.runs.process.engine import RunEngine
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

OPTIONS = Options(workers=1, baselines=False, checkpoint_every=20)


SECOND: dict[str, Any] = {
    "kind": "graph",
    "populations": {
        "input": {},
        "exc": {"size": 4, "neuron": {"kind": "adaptive-lif"}},
        "second": {"size": 3, "neuron": {"kind": "adaptive-lif"}},
    },
    "projections": {
        "feed": {"source": "input", "target": "exc", "receptor": "ge"},
        "up": {"source": "exc", "target": "second", "receptor": "ge"},
    },
    "read": "second",
}


def measured(runs: Path, name: str, make_run: Make, network: dict[str, Any]) -> RunFolder:
    folder = make_run(runs, name, base=Experiment.from_mapping({"network": network}))
    metrics = '{"training": {"spikes_per_image": 3.5}, "spikes_per_test_image": 2.5}'
    (folder / "metrics.json").write_text(metrics, encoding="utf-8")
    return RunFolder(folder)


def test_runs_of_different_networks_are_compared_with_a_remark(tmp_path: Path, make_run: Make) -> None:
    classical, two = measured(tmp_path, "classical", make_run, {}), measured(tmp_path, "two", make_run, SECOND)
    populations = SECOND["populations"] | {"third": {"size": 3, "neuron": {"kind": "lif"}}}
    three = measured(tmp_path, "three", make_run, SECOND | {"populations": populations})
    assert Account.of(two).metrics["training, second spikes per picture"] == Metric(3.5)
    alike = compare([two, measured(tmp_path, "twin", make_run, SECOND)])
    assert [*alike.metrics] == ["training, second spikes per picture", "second spikes per evaluated picture"]
    assert not alike.remarks
    unlike = compare([classical, two])
    assert unlike.metrics["training, spikes per picture"] == (Metric(3.5), Metric(3.5))
    assert unlike.metrics["spikes per evaluated picture"] == (Metric(2.5), Metric(2.5))
    assert unlike.remarks == (
        "The runs have networks of different kinds: diehl-cook (classical), graph (two).",
        "Spikes, labels and accuracies are of different populations: exc (classical), second (two).",
    )
    assert compare([two, three]).remarks == ("The networks differ: not every run has population third.",)
    assert labels_of([course_of(two), course_of(three)])["spikes"] == "second spikes per picture"
    assert labels_of([course_of(two), course_of(classical)])["spikes"] == "spikes per picture"


def carried_out(folder: RunFolder) -> RunFolder:
    assert RunEngine(folder, Publisher(SimpleQueue()), SimpleQueue()).run() is State.FINISHED
    return folder


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> list[RunFolder]:
    """A run, and a branch of it with a parameter changed at its position 30."""
    runs = tmp_path_factory.mktemp("runs")
    schedule = {"train_images": 60, "label_images": 20, "test_images": 10, "stimulus": 30.0, "rest": 5.0}
    experiment = Experiment.from_mapping(
        {
            "name": "digits",
            "data": {"kind": "digits"},
            "network": {"n_exc": 4, "delays": "none", "weight_sum": 20.0, "w_inh_exc": 4.0},
            "schedule": {**schedule, "max_attempts": 1},
        }
    )
    parent = carried_out(create_run(experiment, runs, OPTIONS, {"command": "stdpbench run digits"}))
    return [parent, carried_out(branch(parent, 30, {"plasticity.nu_post": 0.02, "exc.theta_plus": "0.1 mV"}))]


def test_an_account_describes_a_run(family: list[RunFolder]) -> None:
    account = Account.of(family[1])
    simulator = "compiled" if find_compiler() else "runtime"
    assert (account.state, account.simulator, account.evaluated_on) == ("finished", simulator, "test")
    assert account.versions["stdpbench"]
    assert {change.path for change in account.changes} == {"plasticity.nu_post", "exc.theta_plus"}
    assert account.setting("plasticity.nu_post") == "0.01 → 0.02 (from 30 on)"
    assert account.setting("plasticity.nu_pre") == "0.0001"
    assert account.setting("schedule.no_such") == "–"
    sentences = [sentence for _, _, sentence in account.history]
    assert f"Branched from {family[0].path.name} at presentation 30." in sentences
    metric = account.metrics["accuracy, vote"]
    assert metric.low is not None
    assert metric.low <= metric.value <= (metric.high or 0)
    assert account.metrics["training presentations"] == Metric(60)


def test_only_what_differs_is_compared(family: list[RunFolder]) -> None:
    comparison = compare(family)
    assert comparison.parameters == {
        "exc.theta_plus": ("0.05 mV", "0.05 mV → 0.1 mV (from 30 on)"),
        "plasticity.nu_post": ("0.01", "0.01 → 0.02 (from 30 on)"),
    }
    assert comparison.versions == {}
    first, second = (account.warnings for account in comparison.accounts)
    assert any("Accuracy is measured on 10 pictures only" in warning for warning in first)
    names = {warning: called(comparison.accounts) for warning in first if warning in second}
    assert {f"{listed(both)}: {warning}" for warning, both in names.items()} <= {*comparison.remarks}
    assert len(comparison.remarks) == len({*first, *second})
    assert len(comparison.metrics["accuracy, proportion"]) == 2


def test_differences_from_what_ships(family: list[RunFolder], tmp_path: Path, make_run: Make) -> None:
    base = base_of(family[1])
    assert (base.name, base.title) == ("digits", "the shipped experiment digits")
    differences = differences_from(Account.of(family[1]), base.experiment)
    assert differences["network.n_exc"] == ("400", "4")
    assert differences["plasticity.nu_post"] == ("0.01", "0.01 → 0.02 (from 30 on)")
    assert "name" not in differences
    text = settings_text(family[1], [(30, {"plasticity.nu_post": (0.01, 0.02)})])
    assert text.startswith("Settings that differ from the shipped experiment digits: network.n_exc = 4, ")
    assert text.endswith("Changed during training: plasticity.nu_post = 0.02 from presentation 30 on.")
    assert base_of(RunFolder.open(make_run(tmp_path, "r"))).name == "defaults"
    plain = create_run(read_experiment("digits"), tmp_path, OPTIONS)
    assert settings_text(plain) == "Settings: those of the shipped experiment digits."


def test_lineage_names_the_ancestors_of_a_run(family: list[RunFolder], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(family[0].path.parent, runs)
    parent, child = (RunFolder(runs / folder.path.name) for folder in family)
    grandchild = branch(child, 40)
    later = create_run_from(child, {"seed": 5}, runs, OPTIONS)
    store = Store(runs)
    assert lineage(parent, store) == []
    assert lineage(child, store) == [f"continues from {parent.path.name} at presentation 30"]
    assert lineage(grandchild, store) == [
        f"continues from {child.path.name} at presentation 40",
        f"which continues from {parent.path.name} at presentation 30",
    ]
    assert lineage(later, store)[0] == f"starts from the weights and thresholds of {child.path.name}"
    assert {entry.name for entry in store.children(child.read_json("run.json")["id"])} == {
        grandchild.path.name,
        later.path.name,
    }
    move_to_bin(parent)
    store = Store(runs)
    assert lineage(grandchild, store)[1].endswith("(in the bin)")
    shutil.rmtree(runs / "bin")
    edit_journal(child, parent={"id": grandchild.read_json("run.json")["id"], "name": "itself", "at": 1})
    store = Store(runs)
    assert lineage(grandchild, store)[-1].endswith("(no longer here)"), "a circle ends"


def test_remarks_name_limits_of_the_comparison(tmp_path: Path, make_run: Make) -> None:
    first = make_run(tmp_path, "a", about={"data_sha256": "1", "simulator": "compiled", "versions": {"numpy": "1"}})
    second = make_run(
        tmp_path,
        "b",
        state="stopped",
        about={"data_sha256": "2", "simulator": "runtime", "versions": {"numpy": "2"}, "reason": "on request"},
    )
    (second / "metrics.json").write_text('{"evaluated_on": "validation", "accuracy": {}}', encoding="utf-8")
    comparison = compare([RunFolder.open(first), RunFolder.open(second)])
    assert comparison.versions == {"numpy": ("1", "2")}
    assert comparison.remarks[0] == "b is stopped: on request."
    assert "different pictures" in comparison.remarks[1]
    assert "held-out" in comparison.remarks[2]
    assert "simulators" in comparison.remarks[3]
    assert comparison.metrics["accuracy, vote"][1] is None


def test_a_single_run_cannot_be_compared(family: list[RunFolder]) -> None:
    with pytest.raises(StdpbenchError, match="at least two"):
        compare([family[0], family[0]])


def test_curves_come_from_the_journal(family: list[RunFolder]) -> None:
    course = course_of(family[1])
    with np.load(family[1].path / "training.npz") as training:
        np.testing.assert_array_equal(course.presentations, training["points"])
        np.testing.assert_array_equal(course.vote, training["accuracy_vote"])
        np.testing.assert_allclose(course.mean_theta, training["mean_theta_mV"])
        np.testing.assert_allclose(course.spikes, training["spikes_per_image"])
    assert course.changes == (30,)
    assert course.result is not None


def test_the_figure_shows_all_runs(family: list[RunFolder], tmp_path: Path, make_run: Make) -> None:
    courses = [course_of(folder) for folder in family]
    courses += [course_of(RunFolder.open(make_run(tmp_path, f"r{n}", vote=None if n else 0.4))) for n in range(7)]
    running, spikes, _, result = comparison_figure(courses).axes
    assert [len(bars.patches) for bars in result.containers if isinstance(bars, BarContainer)] == [1] * 9
    assert [text.get_text() for text in result.texts if text.get_text()] == [
        f"{100 * course.result.value:.1f}" for course in courses if course.result is not None
    ]
    assert len(running.lines) == 2 + 1, "a line for each run with data, and one where parameters changed"
    assert len(spikes.lines) == 2 + 1
    spec = courses_spec(courses[:1] * 9)
    assert len({(line["colour"], line["style"]) for line in spec["plots"][0]["lines"]}) == 9
    narrow = comparison_figure(courses, 88)
    narrow.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in narrow.axes]
    assert all(upper.y0 - lower.y1 > 8 for upper, lower in pairwise(boxes)), "names of axes are clear of what is below"
    assert [axes.get_xlabel() for axes in narrow.axes][:3] == ["", "", "training presentations"]


def test_a_comparison_as_a_figure_a_table_and_sentences(family: list[RunFolder]) -> None:
    courses = [course_of(folder) for folder in family]
    spec = comparison_spec(courses, "1.2")
    assert [line["label"] for line in spec["plots"][-1]["lines"]] == [folder.path.name for folder in family]
    assert all(folder.path.name in spec["caption"] for folder in family)
    assert comparison_spec([], "1.2") is None
    names, rows = course_table(courses)
    assert names[:2] == ("run", "presentation")
    assert len(rows) == sum(len(course.presentations) for course in courses)
    comparison = compare(family)
    kinds = {heading for heading, _, _ in comparison_rows(comparison)}
    assert {"accuracy (95 % Wilson interval)", "measured", "different parameters"} <= kinds
    assert all(len(texts) == 2 for _, _, texts in comparison_rows(comparison))


def test_titles_name_runs_as_long_as_they_differ(tmp_path: Path, make_run: Make) -> None:
    folders = [RunFolder.open(make_run(tmp_path, name, state=state)) for name, state in NAMED.items()]

    def titled(*titles: str) -> tuple[list[str], list[str]]:
        for folder, title in zip(folders, titles, strict=True):
            change_notes(folder.path, lambda notes, title=title: notes.with_title(title))  # type: ignore[misc]
        courses = [course_of(folder) for folder in folders]
        legend = comparison_figure(courses).axes[-1].get_legend()
        return [text.get_text() for text in legend.get_texts()], [*compare(folders).remarks]

    assert titled("", "Long training", "") == (["a", "Long training", "c"], ["Long training is stopped."])
    assert titled("Twice", "Twice", "") == (["a", "b", "c"], ["b is stopped."])
    assert title_and_name(Account.of(folders[0])) == "Twice (a)"
    (folders[1].path / "notes.json").write_text("{", encoding="utf-8")
    assert Account.of(folders[1]).title == "", "notes that cannot be read do not keep runs from being compared"


NAMED = {"a": "finished", "b": "stopped", "c": "finished"}
