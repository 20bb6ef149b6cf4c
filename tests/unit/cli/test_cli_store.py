"""The commands that look at runs, put them away, and queue them: what people type and what they get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from edited_journal import edit_journal
from filelock import FileLock
from run_folders import Make

import stdpbench
from stdpbench.runs.catalog.store import INDEX
from stdpbench.runs.folder.lock import lock_path
from stdpbench.runs.queue import runner
from stdpbench.runs.queue.run_queue import Queue

Cli = Callable[..., str]


@pytest.fixture
def runs(tmp_path: Path, make_run: Make) -> Path:
    folder = tmp_path / "runs ü"
    make_run(folder, "first", vote=0.9, parameters={"exc.tau_m": "25 ms"}, about={"command": "stdpbench run tiny"})
    make_run(folder, "second", vote=0.7, changes={"plasticity.nu_post": (0.01, 0.02)})
    parent = {"id": "id of first", "name": "first", "at": 7}
    make_run(folder, "third", state="stopped", vote=None, about={"parent": parent, "reason": "on request"})
    return folder


def test_list_shows_a_table(cli: Cli) -> None:
    header, *rows = cli("list").splitlines()
    assert header.split() == ["name", "experiment", "seed", "state", "progress", "vote", "started", "parent"]
    assert [row.split()[0] for row in rows] == ["first", "second", "third"]
    assert "90.00 %" in rows[0]
    assert rows[2].endswith("first at 7")


def test_list_filters_sorts_and_shows_any_column(cli: Cli) -> None:
    out = cli(
        "list", "--filter", "state=finished", "--sort", "-exc.tau_m", "--columns", "exc.tau_m,plasticity.nu_post"
    )
    assert [line.split() for line in out.splitlines()] == [
        ["name", "exc.tau_m", "plasticity.nu_post"],
        ["second", "100", "ms", "0.01", "→", "0.02"],
        ["first", "25", "ms", "0.01"],
    ]
    assert cli("list", "--filter", "vote>2").startswith("No run in ")


def test_list_as_json(cli: Cli, runs: Path) -> None:
    records = json.loads(cli("list", "--json", "--columns", "plasticity.nu_post"))
    assert [record["name"] for record in records] == ["first", "second", "third"]
    assert (records[1]["plasticity.nu_post"], records[0]["vote"]) == (0.02, 0.9)
    assert records[0]["path"] == str(runs / "first")
    assert records[2]["vote"] is None


def test_list_of_a_folder_that_is_not_there(tmp_path: Path, call: Callable[..., str]) -> None:
    assert call("list", "--runs", str(tmp_path / "none")).startswith("There are no runs in")
    assert not (tmp_path / "none").exists()


def test_runs_of_a_sweep_are_found(cli: Cli, runs: Path, make_run: Make) -> None:
    folder = runs / "größe"
    make_run(folder, "small-arm-seed1", vote=0.5)
    make_run(folder, "small-arm-seed2", vote=0.6)
    assert "sweep" not in cli("list")
    (folder / "sweep.jsonl").touch()
    listed = cli("list")
    assert "small-arm" not in listed
    assert listed.endswith("Runs of sweeps: größe (2); `stdpbench list --sweep NAME` shows them.\n")
    for name in ("größe", str(folder)):
        _, *rows = cli("list", "--sweep", name, "--sort=-vote").splitlines()
        assert [row.split()[0] for row in rows] == ["small-arm-seed2", "small-arm-seed1"]
    assert "did you mean 'größe'" in cli("list", "--sweep", "größer", status=2)
    for name in ("größe/small-arm-seed2", "small-arm-seed2", str(folder / "small-arm-seed2")):
        assert "60.00 %" in cli("show", name)
    message = cli("show", "small", status=2)
    assert "'small' is ambiguous: größe/small-arm-seed1, größe/small-arm-seed2; write more of the name" in message
    with pytest.raises(stdpbench.StdpbenchError) as refused:  # the same in Python
        stdpbench.open_run("small", runs)
    assert str(refused.value) in message


def test_latest_is_the_run_that_was_started_last(cli: Cli, runs: Path, make_run: Make) -> None:
    for name, started in (("tiny-seed1", "2026-03-01"), ("tiny-seed0", "2026-03-02"), ("other", "2026-03-03")):
        make_run(runs, name, about={"started": f"{started}T00:00:00+00:00"})
    assert "tiny@latest for the newest" in cli("show", "tiny", status=2)
    for given, name in (("tiny@latest", "tiny-seed0"), ("tiny-seed1@latest", "tiny-seed1"), ("@latest", "other")):
        assert json.loads(cli("show", given, "--json"))["name"] == name
        assert stdpbench.open_run(given, runs).name == name
    assert "there is no run 'nobody@latest'" in cli("show", "nobody@latest", status=2)
    assert stdpbench.open_run(runs / "tiny-seed1").name == "tiny-seed1"
    with pytest.raises(stdpbench.StdpbenchError, match="ambiguous"):
        stdpbench.open_run(runs.absolute() / "tiny")
    assert stdpbench.open_run(runs.absolute() / "oth").name == "other"


def test_show_tells_what_a_run_was(cli: Cli) -> None:
    out = cli("show", "third")
    assert "stopped: on request" in out
    assert "Differences from first" in out, "it is compared with its parent"
    assert [line.split() for line in out.splitlines() if line.startswith("exc.tau_m")] == [
        ["exc.tau_m", "25", "ms", "100", "ms"]
    ]
    out = cli("show", "first")
    assert "children   third" in out
    assert "90.00 % (80.0 – 100.0)" in out
    record = json.loads(cli("show", "third", "--against", "second", "--json"))
    assert record["against"]["names"] == ["second", "third"]
    assert set(record["against"]["parameters"]) == {"plasticity.nu_post"}
    assert record["lineage"] == ["continues from first at presentation 7"]


def test_show_leaves_nothing_beside_a_run_that_lies_elsewhere(
    call: Callable[..., str], cli: Cli, tmp_path: Path, make_run: Make
) -> None:
    elsewhere = tmp_path / "elsewhere"
    make_run(elsewhere, "alone")
    make_run(elsewhere, "child", about={"parent": {"id": "id of alone", "name": "alone", "at": 7}})
    assert "children   child" in cli("show", str(elsewhere / "alone"))
    assert "continues from alone at presentation 7" in cli("show", str(elsewhere / "child"))
    assert sorted(path.name for path in elsewhere.iterdir()) == ["alone", "child"]
    call("list", "--runs", str(elsewhere))
    assert (elsewhere / INDEX).is_file()
    assert "children   child" in cli("show", str(elsewhere / "alone"))


def test_a_figure_replaces_no_numbers_of_others(cli: Cli, runs: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("my own numbers", encoding="utf-8")
    refusal = cli("compare", "first", "second", "--figure", str(mine.with_suffix(".pdf")), status=2)
    assert f"{mine} exists, but would be replaced by a file of mine.pdf: choose another name" in refusal
    assert mine.read_text(encoding="utf-8") == "my own numbers"
    assert not mine.with_suffix(".pdf").exists()
    (runs / "rules").mkdir()
    results = runs / "rules" / "results.png"
    assert "the sweep writes results.png" in cli("sweep", "rules", "--figure", str(results), status=2)


def test_compare_prints_a_table_and_draws_a_figure(cli: Cli, tmp_path: Path) -> None:
    figure = tmp_path / "figure.png"
    out = cli("compare", "first", "second", "third", "--figure", str(figure))
    assert "exc.tau_m" in out
    assert "0.01 → 0.02 (from 7 on)" in out
    assert figure.read_bytes().startswith(b"\x89PNG")
    cli("compare", "first", "second", "third", "--figure", str(figure.with_suffix(".svg")))  # has the same numbers
    _, *numbers = (tmp_path / "figure.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in numbers][-2:] == ["first", "second"], "results, where there are any"
    assert float(numbers[-2].split(",")[-4]) == pytest.approx(90)
    record = json.loads(cli("compare", "first", "second", "--json"))
    assert record["metrics"]["accuracy, vote"][0]["value"] == 0.9


def test_a_comparison_of_settings_over_seeds_has_their_means_and_names_lines_by_what_differs(
    call: Cli, tmp_path: Path, make_run: Callable[..., Path]
) -> None:
    for number, (nu, seed, vote) in enumerate(((0.01, 1, 0.8), (0.01, 2, 0.9), (0.02, 1, 0.6), (0.02, 2, 0.7))):
        parameters = {"plasticity.nu_post": nu, "seed": seed}
        make_run(tmp_path, f"a-run-with-a-rather-long-name-{number}", vote=vote, parameters=parameters)
    names = [str(path) for path in sorted(tmp_path.glob("a-run*"))]
    out = call("compare", *names, "--figure", str(tmp_path / "c.svg"), "--width", "88 mm")
    assert re.search(r"Over seeds\n(.+\n)*.*nu_post = 0\.02 +2 +65\.00 ± 7\.07 +[-−]20\.00 \[.+\] \(n = 2\)", out)
    drawn = (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert re.findall(r">(seed = \d, nu_post = \S+|nu_post = \S+, seed = \d)<", drawn) == [
        f"nu_post = {nu}, seed = {seed}" for nu in (0.01, 0.02) for seed in (1, 2)
    ]
    assert all(text in drawn for text in (">85.0 ± 7.1<", ">65.0 ± 7.1<", "means: ± SD over seeds"))
    assert {"#545454", "#ababab"} <= set(re.findall(r"fill: (#\w{6})", drawn)), "a shade of grey for each mean"
    *_, last = (tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()
    name, *cells = last.split(",")
    assert (name, [round(float(cell), 2) for cell in cells if cell]) == ("nu_post = 0.02 (2 seeds)", [65, 7.07])


def test_show_names_what_differs_from_the_defaults_or_the_experiment_of_the_sweep(
    cli: Cli, call: Cli, runs: Path, make_run: Make
) -> None:
    out = cli("show", "first")
    assert "Differences from the defaults\n" in out
    assert re.search(r"exc\.tau_m +100 ms +25 ms\n", out)
    assert json.loads(cli("show", "first", "--json"))["against"]["name"] == "defaults"
    arm = {"sweep": {"name": "s", "arm": "weak"}}
    base = stdpbench.Experiment.read("digits").override({"name": "weak", "network.w_inh_exc": 2})
    folder = make_run(runs / "s", "weak-seed0", base=base, about=arm)
    assert "Differences from the defaults\n" in call("show", str(folder)), "there are no results yet"
    (runs / "s" / "results.json").write_text('{"experiment": "digits"}', encoding="utf-8")
    out = call("show", str(folder))
    assert "Differences from the shipped experiment digits\n" in out
    assert re.search(r"network\.w_inh_exc +17 +2\n", out)
    assert "network.start " not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pause", "first"), "first is finished: only an active run can be paused"),
        (("stop", "first"), "only an active run can be stopped"),
        (("checkpoint", "first"), "only an active run can write a checkpoint"),
        (("step", "first", "-n", "3"), "only an active run can be stepped"),
        (("set", "first", "plasticity.nu_post=0.02"), "only an active run can be changed"),
        (("change-rule", "first", "oja"), "only an active run can be changed"),
        (("set-learned", "first", "feed.w=w.npy"), "w.npy"),
        (("resume", "first"), "is finished"),
        (("rewind", "first", "--to", "3"), "no position 3 in first: expected 0 to 0"),
        (("evaluate", "first"), "weights.npy is missing"),
        (("branch", "first", "--at", "1000"), "no position 1000 in first: expected 0 to 0"),
    ],
)
def test_commands_find_runs_of_another_folder(cli: Cli, arguments: tuple[str, ...], message: str) -> None:
    assert message in cli(*arguments, status=2)


def test_watch_and_export_find_runs_of_another_folder(cli: Cli, tmp_path: Path) -> None:
    assert "second is finished" in cli("watch", "second")
    assert (tmp_path / "a.zip").name in cli("export", "second", "--output", str(tmp_path / "a.zip"))


def test_delete_and_restore(cli: Cli, runs: Path) -> None:
    cli("queue", "add", "third")
    assert "item 1 of the queue" in cli("delete", "first", "third")
    assert [line.split()[0] for line in cli("list", "--bin").splitlines()[1:]] == ["first", "third"]
    assert cli("restore", "fir") == f"run folder: {runs / 'first'}\n"
    assert "1 run permanently removed" in cli("delete", "--empty-bin", "--yes")
    assert [line.split()[0] for line in cli("list").splitlines()[1:]] == ["first", "second"]
    with FileLock(lock_path(runs / "first")):
        assert "is working" in cli("delete", "first", status=2)


def test_the_queue(cli: Cli, runs: Path) -> None:
    assert cli("queue", "list").startswith("The queue is empty")
    out = cli("queue", "add", "digits", "--set", "network.n_exc=9", "--seed", "1", "--seed", "2", "--no-baselines")
    assert out.splitlines() == ["item 1: digits, seed 1, waiting", "item 2: digits, seed 2, waiting"]
    assert cli("queue", "add", "third", "--hold", "--front") == "item 3: third, held\n"
    assert [line.split()[0] for line in cli("queue", "list").splitlines()[1:]] == ["3", "1", "2"]
    assert "2 in the queue" in cli("queue", "remove", "3") + cli("list")
    cli("queue", "move", "2", "front")
    assert cli("queue", "hold", "1", "2").count("is held") == 2
    assert cli("queue", "release", "1") == "item 1: digits, seed 1, is waiting\n"
    records = json.loads(cli("queue", "list", "--json"))
    assert [(record["number"], record["state"]) for record in records] == [(2, "held"), (1, "waiting")]
    assert "n_exc = 9" in records[0]["experiment"]
    assert records[0]["options"]["baselines"] is False
    assert not list(runs.glob("digits*")), "a run folder is made when its turn comes"
    out = cli("queue", "add", "digits", "--set", "exc.kind=adaptive-lif-lockout", "--set", "exc.tau_theta=2e6 ms")
    assert out.splitlines()[0].startswith("not kept:   exc.theta_plus = 0.2 mV; exc.kind = adaptive-lif-lockout")


def test_queue_run_says_what_it_does(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("queue", "run").startswith("The queue is empty")
    cli("queue", "add", "third")

    def fail(folder: Path) -> None:
        raise runner.StdpbenchError("it cannot be started")

    monkeypatch.setattr(runner.RunClient, "start", fail)
    cli("queue", "run", status=1)
    assert "it cannot be started" in cli("queue", "list")


def test_a_queue_item_is_paused_where_its_run_is(cli: Cli, runs: Path) -> None:
    cli("queue", "add", "third")
    Queue(runs).claim("a runner that is gone")
    edit_journal(runs / "third", state="paused")
    with FileLock(lock_path(runs / "third")):  # the run is active
        assert cli("queue", "list").splitlines()[1].split()[:2] == ["1", "paused"]
        assert json.loads(cli("queue", "list", "--json"))[0]["state"] == "paused"
        edit_journal(runs / "third", state="running")
        assert cli("queue", "list").splitlines()[1].split()[1] == "detached"
    assert cli("queue", "list").splitlines()[1].split()[1] == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--filter", "state=finishd"], "did you mean 'finished'"),
        (["list", "--filter", "exc.taum=3"], "did you mean 'exc.tau_m'"),
        (["list", "--columns", "exc.taum"], "did you mean 'exc.tau_m'"),
        (["list", "--filter", "nonsense"], "COLUMN=VALUE"),
        (["show", "nobody"], "there is no run 'nobody'"),
        (["compare", "first"], "at least two runs"),
        (["compare", "first", "second", "--figure", "x.gif"], "the name must end in .pdf, .svg, .png"),
        (["compare", "first", "second", "--figure", "/does/not/exist/x.png"], "there is no folder"),
        (["delete"], "name the runs"),
        (["delete", "nobody"], "there is no run 'nobody'"),
        (["restore", "nobody"], "the bin is empty"),
        (["queue", "add", "digitz"], "did you mean 'digits'"),
        (["queue", "add", "digits", "--set", "exc.taum=3"], "did you mean exc.tau_m"),
        (
            ["queue", "add", "digits", "--set", "data.kind=folder", "--set", "data.path=/does/not/exist"],
            "/does/not/exist",
        ),
        (["queue", "add", "digits", "--set", "schedule.label_images=5000"], "there are only 1347 pictures"),
        (["queue", "add", "digits", "--simulator", "runtim"], "did you mean 'runtime'"),
        (["queue", "add", "first"], "is finished"),
        (["queue", "add", "third", "--seed", "1"], "is a run"),
        (["queue", "move", "1", "front"], "is empty"),
        (["queue", "hold", "1"], "is empty"),
    ],
)
def test_bad_input_gets_one_sentence(cli: Cli, arguments: list[str], message: str) -> None:
    err = cli(*arguments, status=2)
    assert err.startswith("stdpbench: ")
    assert len(err.strip().splitlines()) == 1
    assert message in err


def test_runs_are_drawn_over_what_differs(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "runs.svg"
    table = cli("list", "--plot", str(target), "--axes", "exc.tau_m,vote", "--colour", "plasticity.nu_post")
    assert table.startswith("name ")
    assert "<svg" in target.read_text(encoding="utf-8")
    rows = target.with_suffix(".csv").read_text(encoding="utf-8").splitlines()
    assert rows[:2] == ['run,exc.tau_m (ms),"accuracy, vote (%)",plasticity.nu_post', "first,25.0,90.0,0.01"]
    assert 'width="249' in target.read_text(encoding="utf-8"), "88 mm, in points"
    cli("list", "--plot", str(target), "--axes", "exc.tau_m,vote", "--width", "120 mm")
    assert 'width="340' in target.read_text(encoding="utf-8")
    for arguments, message in (
        (["--plot", str(target), "--axes", "exc.tau,vote"], "did you mean 'exc.tau_m'"),
        (["--plot", str(target), "--filter", "name=first"], "a figure needs two axes"),
        (["--plot", str(tmp_path / "a.gif")], "must end in .pdf, .svg, .png"),
        (["--plot", str(target), "--width", "wide"], "--width: expected a width such as '88 mm'"),
        (["--axes", "exc.tau_m,vote"], "add --plot FILE"),
        (["--plot", str(target), "--axes", "exc.tau_m,plasticity.nu_post,vote"], "a figure needs two axes"),
        (["--width", "88 mm"], "add --plot FILE"),
    ):
        assert message in cli("list", *arguments, status=2)


def test_tables_of_results_end_with_a_verdict_and_mark_what_flatters(
    call: Cli, tmp_path: Path, make_run: Make
) -> None:
    measured = {"start_weights": {"vote": 0.2}, "samples": 0.9, "k_means": 0.95}
    for seed in (1, 2):
        path = make_run(tmp_path, f"run{seed}", vote=0.6, parameters={"seed": seed})
        metrics = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
        as_score = {**metrics["accuracy"]["vote"]}
        metrics["baselines"] = {
            name: {"vote": as_score | {"accuracy": 0.2, "interval_95": [0.1, 0.3]}}
            if isinstance(share, dict)
            else as_score | {"accuracy": share, "interval_95": [share - 0.05, share + 0.05]}
            for name, share in measured.items()
        }
        (path / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    told = "vote 60.0 %, k-means 95.0 %, samples as prototypes 90.0 %.\n"
    assert call("show", str(tmp_path / "run1")).endswith(f"Learning does not help in this run: {told}")
    compared = call("compare", str(tmp_path / "run1"), str(tmp_path / "run2"))
    assert compared.endswith(f"\nLearning does not help: {told}")
