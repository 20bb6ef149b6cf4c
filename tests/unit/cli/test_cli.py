"""The command line, through its public face: what people type and what they get."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import wait_until

import stdpbench
from stdpbench.experiment import SECTIONS, shipped_experiments
from stdpbench.kinds.plasticity import rules
from stdpbench.results.readout import readouts

SMALL = ["--set", "network.n_exc=12", "--set", "schedule.train_images=60", "--set", "schedule.test_images=30"]
SMALL += ["--set", "schedule.passes=1", "--workers", "1"]
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    runs = tmp_path_factory.mktemp("runs ü")
    for name in ("dis.py", "random.py"):  # files of hers in the folder where she works are not taken for modules
        (runs / name).write_text("raise SystemExit(f'{__name__} was imported from here')")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "stdpbench", "run", "digits", *SMALL, "--runs", str(runs), "--json"],
        cwd=runs,
        env=os.environ | {"STDPBENCH_FIGURES": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    record = json.loads(done.stdout.splitlines()[-1])
    return Path(record["path"]), record


def test_run_writes_a_folder_that_explains_itself(finished: tuple[Path, dict[str, object]]) -> None:
    path, _ = finished
    listed = (path / "README.txt").read_text(encoding="utf-8")
    for name in ("experiment.toml", "run.json", "weights.npy", "theta.npy", "training.npz", "label.npz", "test.npz"):
        assert (path / name).is_file(), name
        assert name in listed
    for name in ("receptive_fields", "confusion", "accuracy_over_time"):
        assert (path / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    w = np.load(path / "weights.npy", allow_pickle=False)
    assert w.shape == (784, 12)
    np.testing.assert_allclose(w.sum(axis=0), 78)
    with np.load(path / "test.npz", allow_pickle=False) as test:
        assert test["spike_counts"].shape == (30, 12)
    assert not list(path.glob(".*")), "something half-written was left behind"


def test_json_ends_standard_output(finished: tuple[Path, dict[str, object]]) -> None:
    path, record = finished
    assert record["stopped"] is False
    metrics = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
    assert record["metrics"] == metrics
    assert set(metrics["accuracy"]) == {"vote", "proportion", "confidence", "likelihood"}
    assert (metrics["baselines"]["k_means"]["n_images"], metrics["training"]["presentations"]) == (30, 60)


def test_evaluate_with_bits_leaves_the_run_as_it_is(finished: tuple[Path, dict[str, object]], run_cli: Cli) -> None:
    path, record = finished
    before = (path / "test.npz").read_bytes(), (path / "metrics.json").read_bytes()
    n_reads = (path / "journal.jsonl").read_text(encoding="utf-8").count("weights of few bits")
    status, out, err = run_cli("evaluate", str(path), "--bits", "24", "--bits", "1", "--workers", "1", "--json")
    assert status == 0, err
    found = json.loads(out)
    assert (found["rounding"], found["part"], found["n_images"]) == ("nearest", "test", 30)
    accuracy = found["accuracy"]
    assert list(accuracy) == ["all", "24", "1"]
    metrics: Any = record["metrics"]
    assert accuracy["all"] == {name: each["accuracy"] for name, each in metrics["accuracy"].items()}
    assert accuracy["24"] == accuracy["all"]
    assert accuracy["1"] != accuracy["all"]
    assert ((path / "test.npz").read_bytes(), (path / "metrics.json").read_bytes()) == before
    assert (path / "journal.jsonl").read_text(encoding="utf-8").count("weights of few bits") == n_reads + 1
    assert stdpbench.open_run(path).scores_with_bits(1, workers=1) == {name: accuracy[name] for name in ("all", "1")}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["run", "digits", "--bits", "0"], "the number of bits must be a whole number from 1 to 24, not '0'"),
        (["run", "digits", "--bits", "four"], "not 'four'"),
        (["evaluate", "nothing", "--bits", "40"], "not '40'"),
        (["evaluate", "nothing", "--rounding", "nearest"], "give --bits as well"),
        (["run", "digits", "--bits", "4", "--set", "simulator.weight_bits=4"], "leave out one of them"),
        (["run", "masquelier-2008", "--bits", "4"], "a stream has none"),
    ],
)
def test_bits_that_make_no_sense_are_refused_in_one_sentence(
    arguments: list[str], error: str, call: Callable[..., str]
) -> None:
    err = call(*arguments, status=2)
    assert error in err
    assert len(err.splitlines()) == 1


def test_evaluate_with_a_number_of_spikes_makes_a_run_with_the_value_that_gives_it(
    finished: tuple[Path, dict[str, object]], run_cli: Cli
) -> None:
    path, _ = finished
    before = {file: file.read_bytes() for file in path.iterdir() if file.is_file()}
    spikes = 2 * np.load(path / "label.npz")["spike_counts"].sum(axis=1).mean()
    arguments = ["--spikes", str(spikes), "--by", "exc.v_thresh", "--workers", "1", "--no-baselines", "--json"]
    status, out, err = run_cli("evaluate", str(path), *arguments)
    assert status == 0, err
    new = stdpbench.open_run(json.loads(out)["path"])
    ((_, value),) = new.experiment.evaluation.values
    found = np.load(new.path / "label.npz")["spike_counts"].sum(axis=1).mean()
    assert found == pytest.approx(spikes, rel=0.02)
    assert f"exc.v_thresh = {value:g}: {found:.1f} spikes per picture (60 training pictures)." in err
    assert new.about["parent"]["name"] == path.name
    assert json.loads((new.path / "metrics.json").read_text())["baselines"] == {}
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--spikes", "3"], "give both"),
        (["--by", "network.w_inh_exc"], "give both"),
        (["--spikes", "3", "--by", "network.w_inh_exc", "--bits", "4"], "without --bits"),
        (["--spikes", "-1", "--by", "network.w_inh_exc"], "spikes per picture, not -1"),
        (["--spikes", "3", "--by", "network.w_inh_ex"], "did you mean network.w_inh_exc?"),
        (["--spikes", "3", "--by", "network.n_exc"], "network.n_exc is structural"),
        (["--spikes", "3", "--by", "plasticity.nu_post"], "may differ"),
        (["--spikes", "3", "--by", "exc.E_exc"], "exc.E_exc is 0.0"),
        (["--spikes", "3", "--by", "schedule.timing"], "must be 'intact'"),
    ],
)
def test_spikes_that_cannot_be_reached_are_refused_in_one_sentence(
    arguments: list[str], error: str, finished: tuple[Path, dict[str, object]], run_cli: Cli
) -> None:
    path, _ = finished
    before = set(path.parent.iterdir())
    status, _, err = run_cli("evaluate", str(path), *arguments)
    assert status == 2
    assert error in err.splitlines()[-1]
    assert "Traceback" not in err
    assert set(path.parent.iterdir()) == before


def test_evaluate_gives_the_same_numbers_with_other_workers(
    finished: tuple[Path, dict[str, object]], call: Callable[..., str]
) -> None:
    path, record = finished
    before = np.load(path / "test.npz")["spike_counts"]
    (path / "test.npz").unlink()
    assert "a test with few bits needs a finished run" in call("evaluate", str(path), "--bits", "4", status=2)
    out = call("evaluate", str(path), "--workers", "2", "--no-baselines", "--json")
    again = json.loads(out.splitlines()[-1])
    assert again["metrics"]["accuracy"] == record["metrics"]["accuracy"]  # type: ignore[index]
    np.testing.assert_array_equal(np.load(path / "test.npz")["spike_counts"], before)


def test_validation_never_looks_at_the_test_pictures(tmp_path: Path, call: Callable[..., str]) -> None:
    arguments = ["run", "digits", *SMALL, "--validation", "--no-baselines", "--runs", str(tmp_path), "--json"]
    assert json.loads(call(*arguments).splitlines()[-1])["metrics"]["evaluated_on"] == "validation"


def test_unlabelled_pictures_train_without_accuracy_and_a_reproduction_says_how_to_name_their_place(
    tmp_path: Path, call: Callable[..., str], run_cli: Cli
) -> None:
    random = np.random.default_rng(0)
    np.savez(tmp_path / "pictures.npz", images=random.integers(0, 255, (40, 28, 28), dtype=np.uint8))
    source = f"data.path={tmp_path / 'pictures.npz'}"
    arguments = ["run", "digits", *SMALL, "--set", "data.kind=npz", "--set", source, "--runs", str(tmp_path), "--json"]
    arguments += ["--set", "encoding.rate_per_grey=0.02"]
    arguments += ["--set", "schedule.train_images=none", "--set", "schedule.test_images=none"]
    status, out, err = run_cli(*arguments)
    assert status == 0
    assert "no labels" in err
    metrics = json.loads(out.splitlines()[-1])["metrics"]
    assert metrics["accuracy"] == {}
    assert metrics["training"]["presentations"] == 32
    (tmp_path / "pictures.npz").unlink()
    run = json.loads(out.splitlines()[-1])["path"]
    err = call("reproduce", run, "--runs", str(tmp_path / "again"), status=2)
    assert err.endswith("pictures.npz; a run does not contain its data: add --set data.path=…\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "digitz"], "did you mean 'digits'"),
        (["run", "digits", "--set", "plasticity.nu_pots=1"], "did you mean plasticity.nu_post"),
        (["run", "digits", "--set", "n_exc=50"], "did you mean network.n_exc?"),
        (["run", "digits", "--set", "nexc=50"], "did you mean network.n_exc?"),
        (["run", "digits", "--set", "taum=50"], "did you mean exc.tau_m or inh.tau_m?"),
        (["run", "digits", "--set", "exc.tau_m=5 mV"], "exc.tau_m"),
        (["list", "--filter", "vote=abc"], "vote is a number, so it cannot be compared with 'abc'"),
        (["run", "digits", "--set", "nonsense"], "PATH=VALUE"),
        (["run", "digits", "--simulator", "runtim"], "did you mean 'runtime'"),
        (["run", "digits", "--set", "data.pixel_sum=1e7"], "data.pixel_sum"),
        (["run", "digits", "--set", "schedule.label_images=5000"], "there are only 1347 pictures"),
        (["run", "digits", "--set", "data.frame=none", "--set", "data.resize=8"], "network.weight_sum"),
        (["run", "digits", "--set", "network.n_exc=100000", "--set", "data.frame=150"], "synapses"),
        (["run", "digits", "--set", "data.kind=folder", "--set", "data.path=/does/not/exist"], "/does/not/exist"),
        (["evaluate", "/does/not/exist"], "there is no run"),
        (["describe", "pison"], "did you mean 'poisson'"),
        (["describe", "netwrok"], "did you mean 'network'"),
        (["describe", "network.n_ecx"], "did you mean 'network.n_exc'"),
        (["describe", "tau_theta"], "did you mean 'exc.tau_theta'"),
        (["describe", "triplet.tau_z"], "did you mean 'triplet.tau_"),
        (["describe", "sweep.seedz"], "did you mean 'sweep.seeds'"),
        (["gui", "nowhere"], "there is no run 'nowhere'"),
        (["data", "fetch", "mnits"], "did you mean 'mnist'"),
    ],
)
def test_bad_input_gets_one_sentence(arguments: list[str], message: str, run_cli: Cli, tmp_path: Path) -> None:
    if arguments[0] == "run":
        arguments = [*arguments, "--runs", str(tmp_path / "runs")]
    status, out, err = run_cli(*arguments)
    last = err.strip().splitlines()[-1]
    assert status == 2
    assert last.startswith("stdpbench: ")
    assert last.removeprefix("stdpbench: ").rstrip(".") not in out + err.removesuffix(f"{last}\n"), (
        "it is printed twice"
    )
    assert message in last
    assert "Traceback" not in err
    assert "run folder" not in out + err, "a folder is announced that is gone again"
    assert not (tmp_path / "runs").exists(), "a run folder was made although nothing could run"


def test_wrong_keys_of_one_command_are_all_listed(tmp_path: Path, call: Callable[..., str]) -> None:
    wrong = ["exc.v_thresh=abc", "foo.x=3", "plasticity.nu_pots=1", "tau_m=3"]
    assignments = [word for each in wrong for word in ("--set", each)]
    err = call("run", "digits", *assignments, "--runs", str(tmp_path), status=2)
    first, *sentences = err.splitlines()
    assert first == "stdpbench: 4 errors"
    for each in (
        "foo is not",
        "nu_post?",
        "exc.v_thresh: 'abc'",
        "tau_m is not a known parameter; did you mean inh.tau_m?",
    ):
        assert sum(each in sentence for sentence in sentences) == 1


@pytest.mark.parametrize(
    ("option", "near"),
    [
        ("--sed", ["--seed"]),
        ("--checkpoint", ["--checkpoint-every"]),
        ("--epochs", []),
        ("--test", ["--trust"]),
        ("--lr", []),
    ],
)
def test_an_unknown_option_proposes_a_near_one_only(option: str, near: list[str], call: Callable[..., str]) -> None:
    err = call("run", "digits", option, "3", status=2)
    assert re.findall(r"--[a-z][\w-]*", err.splitlines()[-1]) == [option, *near]


def test_describe_prints_mathematics_as_a_terminal_can_show_it(call: Callable[..., str]) -> None:
    for kind in (*rules.kinds(), *readouts.kinds(), "adaptive-lif", "adex", "poisson"):
        out = call("describe", kind)
        assert [markup for markup in ("math::", ":math:", "\\") if markup in out] == [], kind
    out = call("describe", "reward")
    words = " ".join(out.split())
    assert "c_0 d_0 τ_c τ_d/(τ_c + τ_d)" in words


@pytest.fixture
def words(call: Callable[..., str]) -> Callable[..., str]:
    """Return the output of a command, with single spaces instead of spaces and line breaks."""
    return lambda *arguments: " ".join(call(*arguments).split())


@pytest.mark.parametrize(
    ("section", "kind", "parameter"),
    [
        ("exc", "adaptive-lif-lockout", "tau_theta"),
        ("inh", "lif", "tau_m"),
        ("plasticity", "oja", "nu_post"),
        ("data", "fashion-mnist", "pixel_sum"),
        ("encoding", "poisson", "rate_per_grey"),
        ("lateral", "homeostatic", "fixed"),
    ],
)
def test_describe_lists_the_kinds_of_a_section(
    section: str, kind: str, parameter: str, words: Callable[..., str]
) -> None:
    text = words("describe", section)
    assert text.startswith(f"section {section} ")
    assert f" {kind} " in text
    assert f" {parameter} " in text
    assert "(default)" in text


def test_describe_takes_dotted_paths(words: Callable[..., str]) -> None:
    assert "n_exc diehl-cook 400 [1, 100000] Number of exc neurons." in words("describe", "network.n_exc")
    several = words("describe", "exc.tau_m")
    assert "tau_m adaptive-lif 100 ms (0, ∞) yes" in several
    assert "pair-additive" in words("describe", "plasticity.kind")
    assert "tau_y triplet" in words("describe", "triplet.tau_y")


def test_describe_takes_files(tmp_path: Path, words: Callable[..., str], call: Callable[..., str]) -> None:
    experiment, rule, sweep = (tmp_path / f"{name}.toml" for name in ("experiment", "rule", "sweep"))
    experiment.write_text('[exc]\ntau_m = "80 ms"\n', encoding="utf-8")
    text = words("describe", str(experiment))
    assert 'tau_m = "80 ms"' in text
    parameters = 'eta = { default = 0.01, help = "Its step." }'
    rule.write_text(f'title = "Mine"\non_output_spike = "w = w + eta"\n[parameters]\n{parameters}\n', encoding="utf-8")
    text = words("describe", str(rule))
    assert "eta 0.01 float yes Its step." in text
    sweep.write_text('experiment = "digits"\n[[arm]]\nlabel = "a"\n', encoding="utf-8")
    assert "is a sweep, not an experiment; `stdpbench sweep" in call("describe", str(sweep), status=2)


def test_what_is_listed_and_described_comes_as_json_too(run_cli: Cli) -> None:
    def read(*arguments: str) -> Any:
        _, out, err = run_cli(*arguments, "--json")
        assert err == ""
        return json.loads(out)

    assert {one["name"] for one in read("experiments")} == set(shipped_experiments())
    data = {one["name"]: one for one in read("data", "list")}
    assert data["digits"]["folder"] is None
    assert data["mnist"]["fetchable"]
    catalogue = read("describe")
    assert {"oja", "pair-derivative"} <= set(catalogue["plasticity rule"])
    assert catalogue["section"] == list(SECTIONS)
    (table,) = read("describe", "sweep.tuning")
    assert [one["name"] for one in table["parameters"]] == ["n_trials", "seed", "seeds", "set"]
    kind, experiment = read("describe", "digits")
    assert (kind["what"], experiment["what"]) == ("data set", "experiment")
    assert experiment["differs_from_defaults"]["exc.theta_plus"] == "0.2 mV"
    (rule,) = read("describe", "triplet")
    assert rule["on an output spike"].startswith("w = ")
    assert rule["presets"]["visual-cortex-full"]["tau_y"]
    *_, neurons = read("describe", "network.n_exc")  # of balanced, conv and diehl-cook
    assert (neurons["minimum"], neurons["maximum"], neurons["live"]) == (1, 100_000, False)
    findings = read("doctor")
    assert {"ok"} <= {one["state"] for one in findings} <= {"ok", "warning", "fault"}


def begun(until: str, runs: Path, *arguments: str) -> tuple[subprocess.Popen[str], list[str]]:
    """A run of the digits in a process of its own, and its lines up to one that begins so."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stdpbench", "run", "digits", *arguments, "--runs", str(runs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(until):
            break
    return process, lines


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a process group of its own")
def test_ctrl_c_before_the_process_of_the_run_answers_stops_it_too(tmp_path: Path) -> None:
    process, lines = begun("with:", tmp_path, *SMALL, "--set", "schedule.passes=1000")  # it does not end before
    assert lines[1].startswith("with:       network.n_exc=12, schedule.train_images=60, "), "the title does not say so"
    wait_until(lambda: list(tmp_path.glob("*/worker.log")))  # it listens to Ctrl+C before there is a process
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate()
    assert process.returncode == 130, rest
    assert "`stdpbench resume" in rest
    (folder,) = [one for one in tmp_path.iterdir() if one.is_dir()]
    assert json.loads((folder / "run.json").read_text())["state"] == "stopped"


def test_a_terminal_that_does_not_have_all_letters_gets_what_it_has() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stdpbench", "describe", "triplet"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"a3_plus*y2" in done.stdout
    assert b"?" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only there can names be any bytes")
def test_a_name_that_is_no_text_gets_a_sentence(run_cli: Cli) -> None:
    status, out, err = run_cli("run", "digits", "--runs", os.fsdecode(b"caf\xe9"))
    assert (status, out) == (2, "")
    assert err == "stdpbench: caf\\xe9 is not valid UTF-8, which names of files and folders must be\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("shell", "status", "message"),
    [
        ("{} > /dev/full", 1, "stdpbench: the output cannot be written: No space left on device\n"),
        ("{} >&-", 0, ""),
        ("{} | head -1; exit ${{PIPESTATUS[0]}}", 0, ""),
    ],
)
def test_output_that_nobody_takes_gets_a_sentence_at_most(shell: str, status: int, message: str) -> None:
    command = f'"{sys.executable}" -m stdpbench experiments'
    done = subprocess.run(["bash", "-c", shell.format(command)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, message)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a process group of its own")
def test_ctrl_c_leaves_a_run_folder_that_evaluate_takes(tmp_path: Path, call: Callable[..., str]) -> None:
    small = [*SMALL, "--set", "schedule.passes=100000", "--set", "schedule.train_images=100"]
    process, _ = begun("train", tmp_path, *small, "--json")
    wait_until(
        lambda: any(json.loads(one.read_text()).get("position", 0) > 10 for one in tmp_path.glob("*/progress.json"))
    )
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate()
    assert process.returncode == 130, rest
    (folder,) = tmp_path.iterdir()
    assert json.loads((folder / "run.json").read_text())["state"] == "stopped"
    with np.load(folder / "training.npz") as training:
        assert 0 < len(training["spikes"]) < 10_000_000
    out = call("evaluate", str(folder), "--workers", "1", "--no-baselines", "--json")
    assert json.loads(out.splitlines()[-1])["metrics"]["accuracy"]
