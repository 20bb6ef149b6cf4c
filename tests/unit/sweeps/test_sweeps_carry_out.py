"""Carrying a sweep out, on a workplace without processes: what is begun, what counts, and where it goes on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sweep_cases import Scripted, result, sweep

from stdpbench.cli.sweep import SweepDisplay
from stdpbench.cli.terminal import Console
from stdpbench.studies.sweeps import SweepState, carry_out, make_report, write_report
from stdpbench.studies.sweeps.arms import Job, Round, fixed_arms
from stdpbench.studies.sweeps.carry_out import known_arms
from stdpbench.studies.sweeps.definition import Sweep
from stdpbench.studies.sweeps.report import (
    Report,
    best_text,
    cells,
    figure_caption,
    figure_of,
    figure_table,
    to_csv,
    to_mapping,
    to_markdown,
)
from stdpbench.studies.sweeps.result import Result
from stdpbench.studies.sweeps.tuning import trials_of
from stdpbench.studies.sweeps.workplace import Begun, Ended, Moved, Remarked

THREE = [{"label": "one"}, {"label": "two", "set": {"exc.tau_m": 50}}, {"label": "one again"}]


def by_inhibition(job: Job) -> Result:
    """An accuracy that has its maximum at w_inh_exc = 30, and differs a little between seeds."""
    return result(0.9 - abs(job.experiment.network.w_inh_exc - 30) / 100 + job.seed / 1000)


def carried_out(made: Any, folder: Path, place: Scripted, most: int | None = None) -> bool:
    """Carry out, until `most` jobs have ended."""
    ended = 0

    def stopping() -> bool:
        return most is not None and ended >= most

    with SweepState(folder) as state:
        events = carry_out(made, state, place, stopping)
        while True:
            try:
                ended += isinstance(next(events), Ended)
            except StopIteration as end:
                return bool(end.value)


def report_of(made: Sweep, folder: Path) -> Report:
    """The report of a sweep on what is in its folder."""
    with SweepState(folder) as state:
        return make_report(made, state)


def test_each_setting_is_run_once_with_each_seed(tmp_path: Path) -> None:
    made, place = sweep(arm=THREE, seeds=[0, 1]), Scripted(by_inhibition)
    assert carried_out(made, tmp_path, place)
    assert [(job.arm, job.seed) for job in place.begun] == [("one", 0), ("two", 0), ("one", 1), ("two", 1)]
    report = report_of(made, tmp_path)
    assert [len(row.runs) for row in report.rows] == [2, 2, 2]
    assert report.rows[0].runs == report.rows[2].runs
    assert report.missing == 0


def test_a_sweep_that_was_stopped_goes_on_with_what_is_left(tmp_path: Path) -> None:
    made = sweep(arm=THREE, seeds=[0, 1, 2])
    first, second, third = (Scripted(by_inhibition, places=1) for _ in range(3))
    assert not carried_out(made, tmp_path, first, most=2)
    assert first.stopped
    with SweepState(tmp_path) as state:
        assert len(state.results) == 2
        assert make_report(made, state).missing == 9 - 3  # one and its double, and two
    assert carried_out(made, tmp_path, second)
    assert {job.key for job in first.begun[:2]}.isdisjoint(job.key for job in second.begun)
    assert len(second.begun) == 4
    assert carried_out(made, tmp_path, third)
    assert third.begun == []


def test_a_failed_run_does_not_stop_the_others_and_is_tried_again(tmp_path: Path) -> None:
    made = sweep(arm=THREE[:2], seeds=[0, 1])

    def answer(job: Job) -> Result | str:
        return "the disk is full" if job.arm == "two" and job.seed == 1 else by_inhibition(job)

    assert carried_out(made, tmp_path, Scripted(answer))
    report = report_of(made, tmp_path)
    assert report.failures == {"two, seed 1": "the disk is full"}
    assert [len(row.runs) for row in report.rows] == [2, 1]
    again = Scripted(by_inhibition)
    assert carried_out(made, tmp_path, again)
    assert [(job.arm, job.seed) for job in again.begun] == [("two", 1)]
    assert report_of(made, tmp_path).failures == {}


def test_arms_that_are_added_later_keep_what_is_there(tmp_path: Path) -> None:
    carried_out(sweep(arm=THREE[:2], seeds=[0, 1]), tmp_path, Scripted(by_inhibition))
    made, place = (
        sweep(arm=[THREE[0], {"label": "new", "set": {"exc.tau_m": 60}}], seeds=[1, 0]),
        Scripted(by_inhibition),
    )
    carried_out(made, tmp_path, place)
    assert {job.arm for job in place.begun} == {"new"}
    assert "2 finished runs in the folder belong to no arm" in " ".join(report_of(made, tmp_path).remarks)


# -- tuning ------------------------------------------------------------------------------------------

INHIBITION = {"network.w_inh_exc": {"uniform": [5, 60]}}
TUNED: dict[str, Any] = {
    "tuning": {"n_trials": 6, "seeds": [7, 8], "set": {"schedule.train_images": 20}},
    "arm": [
        {"label": "at rest"},
        {"label": "one", "tune": INHIBITION},
        {"label": "two", "set": {"exc.tau_m": 50}, "tune": INHIBITION},
    ],
    "seeds": [0, 1],
}


@pytest.mark.parametrize("most", [None, 5])
def test_each_arm_is_tuned_by_as_many_trials_and_compared_at_its_best(tmp_path: Path, most: int | None) -> None:
    made, place = sweep(**TUNED), Scripted(by_inhibition)
    if most is not None:  # interrupted, and gone on with
        carried_out(made, tmp_path, place, most)
        place = Scripted(by_inhibition)
    assert carried_out(made, tmp_path, place)
    with SweepState(tmp_path) as state:
        assert len(state.results) == 2 * 6 * 2 + 3 * 2
        report, trials = make_report(made, state), trials_of(made)
    assert [row.arm.label for row in report.rows] == ["at rest", "one", "two"]
    for label in ("one", "two"):
        tried = [trial.run.start for trial in trials if trial.arm == label]
        assert len(tried) == 6
        assert {start.schedule.train_images for start in tried} == {20}
        assert tried[0].network.w_inh_exc == made.base.network.w_inh_exc
        best = min((start.network.w_inh_exc for start in tried), key=lambda w: abs(w - 30))
        (row,) = [row for row in report.rows if row.arm.label == label]
        assert row.arm.start.network.w_inh_exc == best
        assert row.arm.start.schedule.train_images == 60
        assert sorted(row.runs) == [0, 1]
    assert report.rows[2].arm.start.exc.tau_m == 50
    assert report.missing == 0
    assert "belong to no arm" not in " ".join(report.remarks)
    assert sum(row["chosen"] for row in report.tuning) == 2
    write_report(report, tmp_path)
    assert len((tmp_path / "tuning.csv").read_text().splitlines()) == 1 + 2 * 6


def test_trials_that_fail_are_not_chosen(tmp_path: Path) -> None:
    made = sweep(**TUNED)

    def answer(job: Job) -> Result | str:
        return "blown up" if job.seed == 8 and abs(job.experiment.network.w_inh_exc - 30) < 20 else by_inhibition(job)

    carried_out(made, tmp_path, Scripted(answer))
    with SweepState(tmp_path) as state:
        chosen = [row for row in make_report(made, state).tuning if row["chosen"]]
        starts = {(trial.arm, trial.number): trial.run.start for trial in trials_of(made)}
    assert len(chosen) == 2
    assert all(abs(starts[row["arm"], row["trial"]].network.w_inh_exc - 30) >= 20 for row in chosen)


# -- Optuna ------------------------------------------------------------------------------------------

SEARCH = {"n_trials": 14, "seed": 5, "distributions": {"network.w_inh_exc": {"uniform": [5, 60]}}}


def settings_of(made: Any, folder: Path) -> list[float]:
    with SweepState(folder) as state:
        return [arm.settings["network.w_inh_exc"] for arm in known_arms(made, state) if arm.settings]


@pytest.mark.parametrize("at_once", [1, 3])
def test_optuna_chooses_the_same_whatever_the_pace_and_after_interruptions(tmp_path: Path, at_once: int) -> None:
    made = sweep(optuna={**SEARCH, "at_once": at_once}, seeds=[0, 1], arm=[{"label": "as it is"}])
    assert carried_out(made, tmp_path / "whole", Scripted(by_inhibition, places=1))
    for most in (3, 8, 11, None):
        carried_out(made, tmp_path / "parts", Scripted(by_inhibition, places=4), most)
    whole = settings_of(made, tmp_path / "whole")
    assert len(whole) == 14
    assert settings_of(made, tmp_path / "parts") == whole
    with SweepState(tmp_path / "whole") as one, SweepState(tmp_path / "parts") as other:
        assert one.results == other.results
        assert one.trials == other.trials
        assert len(one.results) == 2 * (14 + 1)
    # it learns: the last trials lie nearer to the maximum than the first ones, which are random
    assert sum(abs(value - 30) for value in whole[-4:]) < sum(abs(value - 30) for value in whole[:4])


def test_a_trial_that_fails_does_not_end_the_search(tmp_path: Path) -> None:
    made = sweep(optuna={**SEARCH, "n_trials": 5}, seeds=[0])
    place = Scripted(lambda job: "blown up" if job.arm.startswith("trial 2") else by_inhibition(job))
    assert carried_out(made, tmp_path, place)
    assert len(place.begun) == 5
    report = report_of(made, tmp_path)
    assert len(report.rows) == 5
    assert list(report.failures.values()) == ["blown up"]
    assert report.best is not None


# -- the report --------------------------------------------------------------------------------------


def test_table_and_figure_are_written(tmp_path: Path) -> None:
    made = sweep(
        arm=[{"label": "as it is"}, {"label": "a | b", "set": {"network.w_inh_exc": 30}}],
        reference="as it is",
        seeds=[0, 1, 2],
    )
    values = {"as it is": (0.80, 0.75, 0.85), "a | b": (0.90, 0.80, 0.85)}
    carried_out(made, tmp_path, Scripted(lambda job: result(values[job.arm][job.seed], n_images=450)))
    with SweepState(tmp_path) as state:
        report = make_report(made, state)
        write_report(report, state.folder)
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "| as it is | 3 | 80.00 ± 5.00 | reference | 20.0 ± 0.0 | 40.0 ± 0.0 | 1.100 ± 0.000 |" in text
    assert "| a \\| b | 3 | 85.00 ± 5.00 | +5.00 [−7.42, +17.42] (n = 3) |" in text
    rows = [*csv.reader((tmp_path / "results.csv").read_text(encoding="utf-8").splitlines())]
    assert [[*row[:4], row[-1]] for row in rows] == [
        ["arm", "n", "vote_mean", "vote_sd", "network.w_inh_exc"],
        ["as it is", "3", "0.8", "0.05", "17.0"],  # what the arm does not set has its usual value
        ["a | b", "3", "0.85", "0.05", "30"],
    ]
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["best"] == "a | b"
    assert results["arms"][1]["difference"]["mean"] == pytest.approx(0.05)
    assert [run["accuracy"]["vote"] for run in results["arms"][1]["runs"]] == [0.90, 0.80, 0.85]
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob(".*"))
    _, numbers = figure_table(report)
    assert numbers == [
        ("as it is", 3, 80, 5, "", "", "", 80, 75, 85),
        ("a | b", 3, 85, 5, 5, pytest.approx(-7.4206885), pytest.approx(17.4206885), 90, 80, 85),
    ]
    (rival,) = results["not_told_from_best"]
    assert (rival["label"], rival["difference"]["n"]) == ("as it is", 3)


@pytest.mark.parametrize(
    ("votes", "sentence"),
    [
        (
            {"one": (0.9, 0.91, 0.92), "two": (0.8, 0.811, 0.82), "three": (0.7, 0.7, 0.7)},
            "Best: one; one − two is +9.97 points (95 % interval +9.82 to +10.11), from 3 seeds.",
        ),
        (
            {"one": (0.9,), "two": (0.8,), "three": (0.85,)},
            "Best: one, but one seed cannot show that arms differ: "
            "one − three is +5.00 points; one − two is +10.00 points.",
        ),
        (
            {"one": (0.9, 0.8), "two": (0.9, 0.8), "three": (0.1, 0.4)},
            "Best: one, but it is not shown to differ from 2 other arms: one − two is +0.00 points (95 % interval "
            "+0.00 to +0.00); one − three is +60.00 points (95 % interval ",
        ),
    ],
)
def test_the_best_is_told_from_the_others_or_not(
    tmp_path: Path, votes: dict[str, tuple[float, ...]], sentence: str
) -> None:
    arms = [{"label": label, "set": {"exc.tau_m": 50 + number}} for number, label in enumerate(votes)]
    made = sweep(arm=arms, seeds=list(range(len(votes["one"]))))
    carried_out(made, tmp_path, Scripted(lambda job: result(votes[job.arm][job.seed])))
    assert sentence in best_text(report_of(made, tmp_path))


def test_a_dash_says_why_there_is_no_number(tmp_path: Path) -> None:
    arms = [{"label": label, "set": {"exc.tau_m": 50 + number}} for number, label in enumerate(("a", "b", "c", "d"))]
    made = sweep(arm=arms, seeds=[0, 1], reference="a")

    def answer(job: Job) -> Result | str:
        begun = {("a", 0), ("b", 1)}
        return result() if (job.arm, job.seed) in begun else "the disk is full" if job.arm == "c" else "stop"

    with SweepState(tmp_path) as state:
        for event in carry_out(made, state, Scripted(answer)):
            if isinstance(event, Ended) and event.reason == "stop":
                state.failures.pop(event.job.key)
        report = make_report(made, state)
        without = make_report(made.model_copy(update={"reference": None}), state)
    shown = {row.arm.label: cells(row, report) for row in report.rows}
    assert shown["a"][2:4] == ("50.00", "reference")
    assert shown["b"][2:4] == ("50.00", "– (no seed in common)")
    assert shown["c"] == ("c", "0", "– (failed)", "", "", "", "", "")
    assert shown["d"][2] == "– (not finished)"
    assert cells(without.rows[0], without)[3] == "– (no reference)"


def test_a_report_of_what_is_not_finished(tmp_path: Path) -> None:
    made = sweep(arm=THREE[:2], reference="one", seeds=[0, 1])
    with SweepState(tmp_path) as state:
        report = make_report(made, state)
        write_report(report, tmp_path)
        assert report.missing == 4
        assert report.best is None
    assert not (tmp_path / "results.png").exists()
    assert "4 runs are not finished" in (tmp_path / "results.md").read_text(encoding="utf-8")


def test_runs_of_different_versions_are_remarked(tmp_path: Path) -> None:
    made = sweep(arm=THREE[:2], seeds=[0])
    place = Scripted(lambda job: result(versions={"brian2": "2.9" if job.arm == "one" else "2.10"}))
    carried_out(made, tmp_path, place)
    assert "different versions" in " ".join(report_of(made, tmp_path).remarks)


def test_a_label_is_no_markup_on_the_terminal() -> None:
    made = sweep(arm=[{"label": "[/red] [bold]x"}], seeds=[0])
    (job,) = Round(fixed_arms(made), made.seeds).jobs
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    display = SweepDisplay(console, 1, 0)
    with display.bars:
        for event in (Begun(job), Moved(job, 0.5, "train"), Remarked("[/x]"), Ended(job, result())):
            display.take(event)
    assert "[/red] [bold]x, seed 0: vote 50.00 %" in console.file.getvalue()  # type: ignore[attr-defined]


def test_of_many_arms_the_best_are_drawn(tmp_path: Path) -> None:
    made = sweep(random={"n": 60, "distributions": {"network.w_inh_exc": {"uniform": [5, 60]}}}, seeds=[0])
    carried_out(made, tmp_path, Scripted(by_inhibition))
    write_report(report_of(made, tmp_path), tmp_path)
    assert (tmp_path / "results.png").stat().st_size > 10_000
    drawn = json.loads((tmp_path / "distributions.json").read_text(encoding="utf-8"))
    assert drawn == {"network.w_inh_exc": {"uniform": [5, 60]}}


@pytest.mark.parametrize("all_", [True, False])
def test_arms_that_are_trained_with_labels_say_so_wherever_they_appear(tmp_path: Path, all_: bool) -> None:
    layers = {"network.kind": "layers", "network.hidden": [5], "encoding.kind": "current", "schedule.between": "reset"}
    layers |= {"schedule.min_spikes": 0, "schedule.max_attempts": 1, "reference.kind": "surrogate-gradient"}
    arms = [{"label": "taught", "set": layers}, {"label": "other", "set": layers if all_ else {}}]
    arms[1]["set"] = {**arms[1]["set"], "schedule.passes": 2}
    made = sweep(set={"schedule.train_images": 60, "schedule.test_images": 30}, arm=arms, seeds=[0, 1])
    carried_out(made, tmp_path, Scripted(lambda job: result(0.9 if job.arm == "taught" else 0.5)))
    report = report_of(made, tmp_path)
    other = "other (supervised)" if all_ else "other"
    assert [cells(row, report)[0] for row in report.rows] == ["taught (supervised)", other]
    assert best_text(report).startswith(f"Best: taught (supervised); taught (supervised) − {other} is +40.00 points")
    remark = "All arms are trained with labels (supervised)" if all_ else "taught is trained with labels (supervised)"
    assert remark in to_markdown(report)
    assert remark in figure_caption(report)
    figure = figure_of(report)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["taught (supervised)", other]
    assert [arm["supervised"] for arm in to_mapping(report)["arms"]] == [True, all_]
    assert [line["supervised"] for line in csv.DictReader(io.StringIO(to_csv(report)))] == ["1", str(int(all_))]
