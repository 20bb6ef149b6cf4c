"""A report of real small runs: its numbers agree with the runs, and its page is self-contained."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from queue import SimpleQueue
from unittest.mock import patch

import numpy as np
import pytest
from report_tables import rows

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import Experiment
from stdpbench.results.readout import wilson_interval
from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.notes import change_notes
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run, create_run_from
from stdpbench.runs.process.engine import RunEngine
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.process.training import train
from stdpbench.runs.protocol.facts import HeldOut, LabelsRead, Progress, Record
from stdpbench.runs.protocol.options import Options
from stdpbench.studies.report import adapted_thresholds, build, robustness
from stdpbench.studies.report.analysis import Extent
from stdpbench.studies.report.build import PAGE, ReportOptions, make_report
from stdpbench.studies.report.disturbances import Disturbance, Kind
from stdpbench.studies.report.evaluated_run import load_run
from stdpbench.studies.report.presentations import Presentation, Presenter
from stdpbench.studies.report.service import ReportService
from stdpbench.studies.sweeps.seeds import over_seeds

OPTIONS = ReportOptions(Extent(40, 1), workers=1)
HELD_OUT = {
    60: HeldOut(
        40, "spare", {"accuracy_vote": 0.5, "purity": 0.625, "nmi": 0.25, "clusters": 9.0, "neuron_purity": None}
    ),
    30: HeldOut(
        40, "spare", {"accuracy_vote": 0.375, "purity": 0.5, "nmi": 0.2, "clusters": 8.0, "neuron_purity": None}
    ),
}
KINDS = {"noise": Kind("noise", "%", (0, 50), "noise"), "neurons": Kind("deleted neurons", "%", (0, 90), "lost")}


def experiment(seed: int, **changes: object) -> Experiment:
    """`changes` are ``section__parameter = value``."""
    made = Experiment.from_mapping(
        {
            "name": "tiny",
            "seed": seed,
            "data": {"kind": "digits"},
            "network": {"n_exc": 12, "inhibition": "direct", "weight_sum": 20.0, "w_inh_exc": 4.0, "start": "samples"},
            "exc": {"theta_start": 12.0, "tau_theta": 1e5},
            "schedule": {
                "train_images": 90,
                "label_images": 80,
                "test_images": 60,
                "stimulus": 40.0,
                "between": "reset",
                "max_attempts": 2,
            },
        }
    )
    return made.override({path.replace("__", "."): value for path, value in changes.items()})


def finished(runs: Path, seed: int, **changes: object) -> RunFolder:
    folder = create_run(experiment(seed, **changes), runs, Options(workers=1, baselines=seed == 0))
    requests: SimpleQueue = SimpleQueue()
    RunEngine(folder, Publisher(requests), requests).run()
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    first, second = finished(folder, 0), finished(folder, 1)
    records = read_journal(first.path)
    measured = [Record(len(records) + n, at, "t", fact) for n, (at, fact) in enumerate(HELD_OUT.items())]
    write_journal(first.path, [*records, *measured])
    change_notes(second.path, lambda notes: notes.with_title("The other seed"))
    return first, second


def carried_out(folders, target, options=OPTIONS):
    events, progress = [], make_report(folders, target, options)
    while True:
        try:
            events.append(next(progress))
        except StopIteration as end:
            return end.value, events


@pytest.fixture(scope="module")
def report(runs, tmp_path_factory):
    target = tmp_path_factory.mktemp("reports") / "both"
    with patch.dict(robustness.__dict__, {"KINDS": KINDS}):
        data, events = carried_out(runs, target, ReportOptions(Extent(40, 1), robustness=30, workers=1))
    return data, events, target


def test_accuracies_are_those_of_the_run(report, runs):
    data, _, target = report
    metrics = runs[0].read_json("metrics.json")
    found = {row["name"]: row for row in data["runs"][0]["accuracies"]}
    for name, score in metrics["accuracy"].items():
        assert found[name]["accuracy"] == pytest.approx(score["accuracy"])
        assert found[name]["low"] <= score["accuracy"] <= found[name]["high"]
    start = metrics["baselines"]["start_weights"]["vote"]["accuracy"]
    assert found["start weights, vote"]["accuracy"] == pytest.approx(start)
    assert found["k-means, K = 12"]["accuracy"] == pytest.approx(metrics["baselines"]["k_means"]["accuracy"])
    samples = metrics["baselines"]["samples"]["accuracy"]
    assert found["samples as prototypes"]["accuracy"] == pytest.approx(samples) != start
    assert found["linear probe on pixels"]["supervised"]
    assert not found["vote"]["supervised"]
    written = {(row["run"], row["name"]): row for row in rows(target, "accuracy.csv")}
    assert float(written[runs[0].path.name, "vote"]["accuracy"]) == pytest.approx(found["vote"]["accuracy"])


def test_missing_baselines_are_simulated(report):
    found = {row["name"]: row for row in report[0]["runs"][1]["accuracies"]}
    shown = {"start weights, vote": 40, "random weights, vote": 40, "k-means, K = 12": 60, "samples as prototypes": 60}
    shown["victor-purpura"] = 60  # from spike times that the run kept
    assert {name: found[name]["n_images"] for name in shown} == shown


def test_the_same_spikes_give_the_same_responses_again(report, runs):
    assert [one["same_responses"] for one in report[0]["runs"]] == [True, True]
    run = load_run(runs[0])
    images = {"test": run.split.test}
    for workers in (1, 2):
        with Presenter(run.experiment, images, {"trained": run.learned}, None, workers) as shows:
            usual, again = Presentation("trained", "test", 60), Presentation("trained", "test", 60, repeat=1)
            whole = {
                presentation: shown for _, presentation, shown in shows.present([usual, again]) if shown is not None
            }
        np.testing.assert_array_equal(whole[usual].spike_counts, run.test_counts)
        assert (whole[again].spike_counts != run.test_counts).any()


def test_disturbed_responses_do_not_depend_on_the_number_of_processes(runs):
    run, counts = load_run(runs[0]), []
    disturbances = [None, *(Disturbance(kind, 50) for kind in ("noise", "neurons", "duration")), None]
    for workers in (1, 2):
        with Presenter(run.experiment, {"test": run.split.test}, {"trained": run.learned}, None, workers) as presenter:
            progress = presenter.present([Presentation("trained", "test", 60, 0, each) for each in disturbances])
            counts.append([responses.spike_counts for _, _, responses in progress if responses is not None])
    for alone, shared in zip(*counts, strict=True):
        np.testing.assert_array_equal(alone, shared)
    intact, *disturbed, again = counts[0]
    np.testing.assert_array_equal(again, intact)
    assert all((one != intact).any() for one in disturbed)


def test_the_page_is_self_contained_and_shows_the_results(report):
    _, _, target = report
    page = (target / PAGE).read_text(encoding="utf-8")

    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            values = dict(attrs)
            for name in ("src", "href", "xlink:href"):
                if values.get(name):
                    assert values[name].startswith(("data:", "#")), values[name][:80]
            assert tag not in ("script", "link", "iframe")
            if tag not in ("meta", "img", "br", "path", "use", "rect"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            if tag in self.open:
                while self.open.pop() != tag:
                    pass

    reader = Tags()
    reader.feed(page)
    assert reader.open == []
    assert "url(http" not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]*", "", page))


def test_held_out_measures_are_plotted_and_listed(report, runs):
    data, _, target = report
    first, second = data["runs"]
    assert [row["position"] for row in first["held_out"]] == [30, 60]
    assert second["held_out"] == []
    lines = rows(target, "held_out.csv")
    assert [(row["run"], row["position"], row["accuracy_vote"]) for row in lines] == [
        (runs[0].path.name, "30", "0.375"),
        (runs[0].path.name, "60", "0.5"),
    ]
    assert (target / PAGE).read_text(encoding="utf-8").count("Over training</h3>") == 1


def test_runs_that_differ_in_their_seed_are_averaged(report):
    together = report[0]["together"]
    assert together["experiments"] == ["tiny"]
    vote = next(row for row in together["rows"] if row["name"] == "vote")
    assert vote["spreads"][0]["n"] == 2
    assert vote["spreads"][0]["mean"] == pytest.approx(np.mean(vote["values"]))
    assert vote["spreads"][0]["sd"] == pytest.approx(np.std(vote["values"], ddof=1))
    assert [group["seeds"] for group in together["over_seeds"]["groups"]] == [[0, 1]]
    page = (report[2] / PAGE).read_text(encoding="utf-8")
    assert "Over seeds</h3>" not in page, "there is nothing to compare them with"
    assert "The other seed (tiny, seed 1)</th>" in page, "runs are called by their titles"


def test_start_weights_that_another_run_learned_are_not_called_untrained(runs, tmp_path, undrawn):
    folder = create_run_from(runs[0], {"seed": 2}, tmp_path / "runs", Options(workers=1))
    requests: SimpleQueue = SimpleQueue()
    RunEngine(folder, Publisher(requests), requests).run()
    data, _ = carried_out([folder], tmp_path / "report", ReportOptions(Extent(40, 0), workers=1))
    groups = {row["name"]: row["group"] for row in data["runs"][0]["accuracies"]}
    assert groups["start weights, vote"] == "start"
    assert groups["random weights, vote"] == "untrained"


def test_a_network_whose_input_reaches_neurons_one_to_one_has_a_report(tmp_path, undrawn, monkeypatch):
    monkeypatch.setenv("STDPBENCH_FIGURES", "1")
    base = experiment(0)
    network = {
        "kind": "graph",
        "populations": {"input": {}, "exc": {"size": 64, "neuron": {"kind": "adaptive-lif"}}},
        "projections": {
            "feed": {
                "source": "input",
                "target": "exc",
                "receptor": "ge",
                "connect": {"kind": "one-to-one"},
                "scale": 200.0,
                "plasticity": {"kind": "pair-additive"},
            }
        },
    }
    tables = {key: base.to_mapping()[key] for key in ("name", "seed", "data", "schedule")}
    made = Experiment.from_mapping({**tables, "network": network}).override({"schedule.min_spikes": 0})
    folder = create_run(made, tmp_path, Options(workers=1, baselines=False))
    requests: SimpleQueue = SimpleQueue()
    RunEngine(folder, Publisher(requests), requests).run()
    assert not (folder.path / "figures" / "receptive_fields.png").exists()
    data, _ = carried_out([folder], tmp_path / "report", ReportOptions(Extent(40, 0), workers=1))
    assert data["runs"][0]["neurons"]["n_exc"] == 64
    run = load_run(folder)
    weights = np.load(folder.path / "weights.npy")
    assert np.array_equal(run.w, np.diag(weights))
    assert np.array_equal(np.diag(run.fields), weights.astype(np.float32))
    assert np.isnan(run.fields).sum() == 64 * 63


def test_groups_of_runs_are_compared_seed_by_seed(runs, tmp_path, undrawn):
    folders, measured, found = [*runs, finished(tmp_path / "runs", 0, plasticity__nu_post=0.02)], build._measure, []

    def once(run, options):  # only metrics.json is compared, and measuring three runs takes long
        if not found:
            found.append((yield from measured(run, options)))
        return found[0]

    with patch.object(build, "_measure", once):
        data, _ = carried_out(folders, tmp_path / "three")
    compared = over_seeds(folders, [Account.of(folder) for folder in folders])
    written, expected = data["together"]["over_seeds"], compared.to_mapping()
    against, *_ = (group.pop("baselines") for group in (*written["groups"], *expected["groups"]))
    for group in (*written["groups"], *expected["groups"]):
        group.pop("verdict")
    assert written == expected
    assert {one["name"] for one in against} >= {"k-means", "samples as prototypes"}, "measured by the report"
    assert rows(tmp_path / "three", "baselines_over_seeds.csv")[0]["baseline"] == against[0]["name"]
    votes = [folder.read_json("metrics.json")["accuracy"]["vote"]["accuracy"] for folder in folders]
    lines = {(row["readout"], row["runs_with"]): row for row in rows(tmp_path / "three", "over_seeds.csv")}
    first, second = lines["vote", "nu_post = 0.01"], lines["vote", "nu_post = 0.02"]
    assert float(first["mean"]) == pytest.approx((votes[0] + votes[1]) / 2)
    assert first["difference_mean"] == ""
    assert float(second["difference_mean"]) == pytest.approx(votes[2] - votes[0])
    assert second["difference_n"] == "1"
    page = re.sub(r"\s+", " ", (tmp_path / "three" / PAGE).read_text(encoding="utf-8"))
    (row,) = [row for row in compared.rows if row[:2] == ["vote", "nu_post = 0.02"]]
    assert f'<td>nu_post = 0.02</td><td class="n">1</td><td class="n">{row[3]}</td><td class="n">{row[4]}</td>' in page


def test_each_reading_of_labels_is_recorded_first(report, runs):
    purposes = [record.fact.purpose for record in read_journal(runs[1].path) if isinstance(record.fact, LabelsRead)]
    assert purposes[:3] == ["read-outs", "report", "robustness"]
    first, second = report[0]["runs"]
    assert first["readings"]["run"] == 7  # with all baselines
    assert second["readings"] == {
        "run": 3,
        "experiment": 2,  # one for each network, with its baselines and reports
        "runs": 2,
        "unknown": 0,
        "data_set": 2,
        "data_set_runs": 2,
    }


def test_thresholds_that_adapt_without_learning_are_measured_on_request_and_once(runs, tmp_path, undrawn):
    name = "start weights with adapted thresholds, vote"
    few = Extent(40, 0)
    data, events = carried_out(runs[:1], tmp_path / "one", ReportOptions(few, workers=1, thresholds=True))
    found = {row["name"]: row for row in data["runs"][0]["accuracies"]}
    phases = [event.phase for event in events if isinstance(event, Progress)]
    assert phases.count("adapt thresholds") == 90
    assert found[name]["group"] == "untrained"
    assert (found[name]["n_images"], found[name]["n_labelled"]) == (60, 80)
    purposes = [record.fact.purpose for record in read_journal(runs[0].path) if isinstance(record.fact, LabelsRead)]
    assert purposes[-1] == "adapted thresholds"
    again, events = carried_out(runs[:1], tmp_path / "two", ReportOptions(few, workers=1))
    assert found[name] in again["runs"][0]["accuracies"]
    assert list(adapted_thresholds.measure(load_run(runs[0]), None, 1, runs[0].path / "report")) == []
    assert not any(event.phase == "adapt thresholds" for event in events if isinstance(event, Progress))


def test_thresholds_are_not_adapted_where_evaluation_does_not_use_them(runs):
    run = load_run(runs[0])
    assert not adapted_thresholds.why_not(run)
    other = replace(run, experiment=run.experiment.override({"evaluation.thresholds": "start"}))
    assert adapted_thresholds.why_not(other).startswith("in evaluation it has the thresholds from before learning")


def test_a_network_without_learning_adapts_its_thresholds_and_keeps_its_weights(runs):
    run = load_run(runs[0])
    still = adapted_thresholds.without_learning(run.start)
    simulator, _ = open_simulator(still, run.split.train.n_values)
    start = run.start_network()
    simulator.set_learned(start)
    for _ in train(simulator, still, run.split.train):
        pass
    assert np.allclose(simulator.learned["feed.w"], start["feed.w"], atol=1e-12)
    assert (simulator.learned["exc.theta"] > start["exc.theta"]).any()
    simulator.close()


def test_data_files_next_to_the_page_are_complete(report):
    data, _, target = report
    assert json.loads((target / "report.json").read_text(encoding="utf-8")) == data
    assert len(rows(target, "neurons.csv")) == 24
    confusion = rows(target, "confusion.csv")
    assert sum(int(row["pictures"]) for row in confusion) == 120
    assert {row["method"] for row in rows(target, "embedding.csv")} >= {"pca", "t-sne"}
    assert any(row["name"] == "chance: k-means, permuted" for row in rows(target, "clusters.csv"))
    assert not list(target.glob(".*.part"))


def test_robustness_is_measured_once_and_resumes_after_an_interruption(report, runs, tmp_path):
    data, _, _ = report
    points = [row for row in data["runs"][0]["robustness"] if row["readout"] == "vote"]
    assert [(row["kind"], row["level"]) for row in points] == [
        ("noise", 0),
        ("noise", 50),
        ("neurons", 0),
        ("neurons", 90),
    ]
    assert points[0]["accuracy"] == points[2]["accuracy"]
    assert points[3]["spikes_per_image"] < points[2]["spikes_per_image"]
    run, kept = load_run(runs[0]), runs[0].path / "report"
    file = json.loads((kept / robustness.FILE).read_text(encoding="utf-8"))
    del file["values"]["noise 50"]
    (kept / robustness.FILE).write_text(json.dumps(file), encoding="utf-8")
    shown: list[Presentation] = []

    class Watched(Presenter):
        def present(self, presentations):
            shown.extend(presentations)
            return super().present(presentations)

    with patch.dict(robustness.__dict__, {"KINDS": KINDS}):
        networks = {"trained": run.learned}
        with Watched(run.experiment, {"test": run.split.test}, networks, None, 1) as presenter:
            list(robustness.measure(run, presenter, 30, kept))
            assert [presentation.disturbance.kind for presentation in shown if presentation.disturbance] == ["noise"]
            assert len(shown) == 1
        again = [row for row in robustness.rows(run, 30, kept) if row["readout"] == "vote"]
        assert again == points
        assert robustness.rows(run, 29, kept) == []  # points of other pictures are none of these


def test_the_command_writes_into_the_run_folder_and_prints_what_flatters_learning(runs, undrawn, run_cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    arguments = ("--sample", "40", "--repeats", "0", "--workers", "1", "--json")
    code, printed, told = run_cli("report", str(runs[0].path), *arguments)
    assert code == 0, told
    last = json.loads(printed.strip().splitlines()[-1])
    assert Path(last["path"]) == (runs[0].path / "report" / PAGE).resolve()
    assert Path(last["path"]).is_file()
    assert last["runs"][0]["run"] == runs[0].path.name
    assert "│ start weights, vote (flatters learning) " in told
    assert "│ linear probe on pixels (supervised) " in told


@pytest.mark.parametrize("output", [[], ["--output", "elsewhere"]])
def test_nothing_is_written_behind_a_link_in_the_run_folder(runs, output, tmp_path, monkeypatch, undrawn, call):
    monkeypatch.chdir(tmp_path)
    path = Path(shutil.copytree(runs[0].path, tmp_path / "run", ignore=shutil.ignore_patterns("report")))
    (tmp_path / "home").mkdir()
    (path / "report").symlink_to(tmp_path / "home")
    told = call("report", str(path), *output, "--sample", "40", "--repeats", "0", status=2)
    assert "report is a symbolic link" in " ".join(told.split())
    assert list((tmp_path / "home").iterdir()) == []


def test_runs_that_are_not_finished_are_refused(runs, tmp_path):
    waiting = create_run(experiment(5), tmp_path, Options())
    with pytest.raises(StdpbenchError, match="needs a finished run"):
        carried_out([waiting], tmp_path / "report")
    with pytest.raises(StdpbenchError, match="given twice"):
        carried_out([runs[0], runs[0]], tmp_path / "report")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from typer.testing import CliRunner; from stdpbench.cli.app import app; "
        "assert CliRunner().invoke(app, ['report', '--help']).exit_code == 0; "
        "heavy = {'sklearn', 'matplotlib', 'brian2', 'jinja2', 'numpy', 'scipy'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_report_of_a_run_with_missing_kinds_uses_stored_responses(runs, report, uninstall, tmp_path, undrawn):
    """Measures that require new simulations are omitted, which is reported once."""
    path = tmp_path / runs[0].path.name
    shutil.copytree(runs[0].path, path)
    missing = " and ".join([uninstall(path, each) for each in ("encoding", "exc", "inh", "plasticity", "lateral")])
    with patch.dict(robustness.__dict__, {"KINDS": KINDS}):
        data, events = carried_out([RunFolder(path)], tmp_path / "report", ReportOptions(Extent(40, 1), 30, workers=1))
    assert [event.text for event in events if not isinstance(event, Progress)] == [
        f"{path.name}: {missing}, so its network cannot be simulated again."
    ]
    (one,), whole = data["runs"], report[0]["runs"][0]
    accuracies = {row["name"]: row for row in one["accuracies"]}
    known = {row["name"]: row for row in whole["accuracies"]}
    assert known.keys() - accuracies.keys() == {name for name in known if name.startswith("random weights")}
    assert all(accuracies[name] == known[name] for name in accuracies)
    assert one["confusion"] == whole["confusion"]
    assert one["neurons"] == whole["neurons"]
    assert whole.keys() - one.keys() == {"repeats", "same_responses", "cost"}
    page = unescape((tmp_path / "report" / PAGE).read_text(encoding="utf-8"))
    assert page.count(missing) == 1
    assert 'vigour = "20 acme"' in page


def test_a_report_is_refused_without_the_data_set(runs, uninstall, tmp_path):
    path = tmp_path / runs[0].path.name
    shutil.copytree(runs[0].path, path)
    clause = uninstall(path, "data")
    with pytest.raises(StdpbenchError, match=re.escape(clause)):
        carried_out([RunFolder(path)], tmp_path / "report")


def test_an_accuracy_has_one_interval_everywhere(report, runs, tmp_path, call):
    """The numbers of one finished run, on every surface that shows them, with the kind of interval named."""
    data, _, target = report
    metrics = runs[0].read_json("metrics.json")
    scores = metrics["accuracy"] | {"start weights, vote": metrics["baselines"]["start_weights"]["vote"]}
    expected = {name: wilson_interval(score["n_correct"], score["n_images"]) for name, score in scores.items()}
    assert {name: tuple(score["interval_95"]) for name, score in scores.items()} == expected
    low, high = expected["vote"]
    copy = RunFolder(Path(shutil.copytree(runs[0].path, tmp_path / runs[0].path.name)))  # the ledger stays as it is
    evaluated, _ = ReportService(copy).answer("open", {}, lambda phase, done, total: None)
    accounts = json.loads(call("show", str(copy.path), "--json"))["metrics"]
    of_run = stdpbench.open_run(copy.path).scores
    for name, bounds in expected.items():
        rows_of = [*data["runs"][0]["accuracies"], *rows(target, "accuracy.csv")[: len(data["runs"][0]["accuracies"])]]
        found = [row for row in rows_of if row["name"] == name]
        assert [row["interval"] for row in found] == ["95 % Wilson interval"] * 2
        found += [row for row in evaluated["accuracies"] if row["name"] == name]
        if name in metrics["accuracy"]:
            account = accounts[f"accuracy, {name}"]
            assert account["interval"] == "95 % Wilson interval"
            found += [account, of_run[name]]
        assert [(float(row["low"]), float(row["high"])) for row in found] == [bounds] * len(found)
        assert len(found) >= 3
    page, html = (target / PAGE).read_text(encoding="utf-8"), stdpbench.open_run(copy.path)._repr_html_()
    in_words = f"95 % Wilson interval {100 * low:.1f} to {100 * high:.1f} %"
    assert in_words in page.replace("&nbsp;", " ")
    assert f"95 % Wilson interval {100 * low:.1f} – {100 * high:.1f} %" in html
    shown = call("show", str(copy.path))
    assert f"({100 * low:.1f} – {100 * high:.1f})" in shown
    cluster, n = data["runs"][0]["clusters"][0], data["runs"][0]["clusters"][0]["n_images"]
    matched = wilson_interval(round(cluster["accuracy"] * n), n)
    assert (cluster["accuracy_low"], cluster["accuracy_high"]) == matched
    for point in (row for row in data["runs"][0]["robustness"] if row["readout"] == "vote"):
        right = round(point["accuracy"] * point["n_images"])
        assert (point["low"], point["high"]) == wilson_interval(right, point["n_images"])
