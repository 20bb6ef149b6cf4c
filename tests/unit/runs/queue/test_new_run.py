"""A run that is still to be made: its experiments, items of the queue, and the texts that do the same."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stdpbench
from stdpbench.api.handles import Planned
from stdpbench.base.errors import StdpbenchError
from stdpbench.cli.app import app
from stdpbench.experiment import Experiment, read_experiment, with_reference
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.new_run import NewRun, read_seeds
from stdpbench.runs.queue.run_queue import Item, Queue
from stdpbench.runs.queue.run_text import ActionText, branch_text, command_of, python_of, stopped_first

DIGITS = read_experiment("digits")


def changed(run: NewRun, *changes: tuple[str, str]) -> NewRun:
    draft = run.draft
    for path, value in changes:
        draft = draft.with_value(path, value)
    return run.with_draft(draft)


def digits(*changes: tuple[str, str]) -> NewRun:
    return changed(NewRun.of(DIGITS, "digits"), *changes)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("", ()), ("7", (7,)), ("0 1 2", (0, 1, 2)), ("0, 1,2", (0, 1, 2)), ("0-2 9", (0, 1, 2, 9)), ("3 – 4", (3, 4))],
)
def test_seeds_are_read(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("one", "seeds must be whole numbers"),
        ("-1", "seeds must be whole numbers"),
        ("1.5", "seeds must be whole numbers"),
        ("0 1 1", "seed 1 occurs twice"),
        ("4-2", "4-2 are in descending order; write 2-4"),
        ("0-5000", "0-5000 are 5001 seeds; at most 1000 can be given at once"),
    ],
)
def test_other_texts_are_no_seeds(text: str, why: str) -> None:
    with pytest.raises(StdpbenchError, match=why):
        read_seeds(text)


def test_what_is_expected_of_an_experiment_goes_once_it_is_changed() -> None:
    run = digits()
    assert run.is_template
    assert run.experiment() == DIGITS
    assert changed(run, ("seed", "3")).experiment().about == DIGITS.about
    other = changed(run, ("plasticity.nu_post", "0.02")).experiment()
    assert other.about.expected_accuracy == ""
    assert other == DIGITS.override({"plasticity.nu_post": 0.02})


def test_a_reference_starts_anew_and_stays_when_the_data_change() -> None:
    run = digits(("plasticity.nu_post", "0.02")).trained_by("linear")
    assert run.experiment() == with_reference(DIGITS, "linear")
    other = run.made_from(read_experiment("fast-100"), "fast-100")
    assert other.experiment() == with_reference(read_experiment("fast-100"), "linear")
    with pytest.raises(StdpbenchError, match="trains with labelled pictures"):
        run.made_from(read_experiment("song-abbott-2000"), "song-abbott-2000")
    own = run.made_from(read_experiment("surrogate-digits"), "surrogate-digits").trained_by("")
    assert own.experiment() == read_experiment("surrogate-digits")


# -- texts that do the same -----------------------------------------------------------------------


class _AskedError(Exception):
    """Ends a command before a run is created."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[tuple[str, Any]]]:
    """Returns what a command line asks for: experiments that would run, with their options."""
    found: list[tuple[str, Any]] = []

    def create(planned: Planned, runs: Path, options: Options, about: Any, start_from: str | None) -> None:
        found.append((start_from, (planned.experiment, options)))
        raise _AskedError

    def add(queue: Queue, experiment: Experiment, options: Options, *, hold: bool) -> Item:
        found.append(("held" if hold else "queue", (experiment, options)))
        return Item(len(found), 0.0, "waiting", experiment.name, "")

    monkeypatch.setattr(Planned, "create", create)
    monkeypatch.setattr("stdpbench.runs.queue.new_run.check_data", lambda *_: None)
    monkeypatch.setattr(Queue, "add", add)

    def tell(text: str) -> list[tuple[str, Any]]:
        found.clear()
        for line in text.splitlines():
            with suppress(_AskedError):
                app(shlex.split(line)[1:], standalone_mode=False)
        return list(found)

    return tell


def python_asks(text: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Experiment, dict[str, Any]]]:
    """Return what Python asks for: experiments that would run, with the other arguments."""
    found: list[tuple[Experiment, dict[str, Any]]] = []

    def start(experiment: str | Experiment, *, set: dict[str, Any] | None = None, **others: Any) -> None:
        base = read_experiment(experiment) if isinstance(experiment, str) else experiment
        seed = others.pop("seed", None)
        found.append((base.override({**(set or {}), **({} if seed is None else {"seed": seed})}), others))

    def reference(kind: str, experiment: str, *, set: dict[str, Any] | None = None, **others: Any) -> None:
        found.append((with_reference(read_experiment(experiment), kind, set or {}), others))

    with monkeypatch.context() as patch:
        patch.setattr(stdpbench, "start", start, raising=False)
        patch.setattr(stdpbench, "reference", reference, raising=False)
        exec(compile(text, "copied", "exec"), {})
    return found


CHANGES = (
    ("plasticity.nu_post", "0.02"),
    ("encoding.kind", "latency"),
    ("encoding.tau", "30 ms"),
    ("schedule.train_images", "60"),
    ("network.inhibition", "layer"),
    ("seed", "3"),
)


def test_the_command_and_the_python_of_a_run_start_it(
    told: Callable[[str], list[tuple[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(digits(*CHANGES), options=Options(baselines=False, validation=True), start_from=tmp_path / "other")
    ((start_from, (made, options)),) = told(command_of(run, tmp_path))
    assert (made, options, start_from) == (run.experiment(), run.options, str(tmp_path / "other"))
    assert "encoding.theta_0" not in command_of(run, tmp_path)
    ((made, others),) = python_asks(python_of(run, tmp_path), monkeypatch)
    assert made == run.experiment()
    assert others == {
        "start_from": str(tmp_path / "other"),
        "validation": True,
        "baselines": False,
        "runs": str(tmp_path),
    }


def test_several_seeds_go_into_the_queue_and_run_one_after_the_other(
    told: Callable[[str], list[tuple[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(digits(("plasticity.nu_post", "0.02")), seeds=(1, 2))
    assert [(where, made) for where, (made, _) in told(command_of(run, tmp_path))] == [
        ("queue", made) for made in run.experiments()
    ]
    assert [made for made, _ in python_asks(python_of(run, tmp_path), monkeypatch)] == list(run.experiments())


def test_what_is_held_goes_into_the_queue_with_one_seed_too(
    told: Callable[[str], list[tuple[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in (digits(), digits(("seed", "3")), replace(digits(("plasticity.nu_post", "0.02")), seeds=(1, 2))):
        assert [(where, made) for where, (made, _) in told(command_of(replace(run, hold=True), tmp_path))] == [
            ("held", made) for made in run.experiments()
        ]
    assert command_of(replace(digits(), start_from=tmp_path, hold=True), tmp_path) == ""
    monkeypatch.chdir(tmp_path)
    trained = replace(digits().trained_by("linear"), seeds=(1, 2))
    lines, command = command_of(replace(trained, hold=True), tmp_path).rpartition("\n")[::2]
    head, _, toml = lines.partition("\n")
    Path(head.split()[2]).write_text(toml.removesuffix("\nEND"), encoding="utf-8")
    assert [(where, made) for where, (made, _) in told(command)] == [("held", made) for made in trained.experiments()]


def test_a_new_run_is_made_in_the_same_folder_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STDPBENCH_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    run = replace(digits(), start_from=Path("runs/other"))
    runs, other = tmp_path / "runs", tmp_path / "runs" / "other"
    assert command_of(run, Path("runs")) == f"stdpbench run digits --runs {runs} --from {other}"
    assert python_of(run, Path("runs")).endswith(f'stdpbench.start("digits", start_from="{other}", runs="{runs}")\n')
    monkeypatch.setenv("STDPBENCH_RUNS", str(runs))
    assert command_of(digits(), Path("runs")) == "stdpbench run digits"
    assert python_of(digits(), Path("runs")).endswith('stdpbench.start("digits")\n')


def test_a_reference_is_trained_by_its_own_command(
    told: Callable[[str], list[tuple[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = changed(digits().trained_by("surrogate-gradient"), ("network.hidden", "[40, 20]"))
    assert command_of(run, tmp_path).startswith("stdpbench reference surrogate-gradient digits ")
    ((_, (made, _)),) = told(command_of(run, tmp_path))
    assert made == run.experiment()
    ((made, _),) = python_asks(python_of(run, tmp_path), monkeypatch)
    assert made == run.experiment()
    features = replace(run, features=tmp_path / "responded")
    assert f"--features {tmp_path / 'responded'}" in command_of(features, tmp_path)
    assert f'features="{tmp_path / "responded"}"' in python_of(features, tmp_path)


def test_a_network_of_a_file_is_converted(tmp_path: Path) -> None:
    file = tmp_path / "net.npz"
    random = np.random.default_rng(0)
    np.savez(file, input=[1, 8, 8], layers=["dense1"], **{"dense1.weight": random.normal(size=(10, 64))})
    run = digits().trained_by("ann-conversion", weights=str(file))
    assert run.experiment() == with_reference(DIGITS, "ann-conversion", {"reference.weights": str(file)})
    assert command_of(run, tmp_path) == (
        f"stdpbench reference ann-conversion digits --weights {file} --runs {tmp_path}"
    )
    assert python_of(run, tmp_path).endswith(
        f'run = stdpbench.reference("ann-conversion", "digits", weights="{file}", runs="{tmp_path}")\n'
    )
    assert run.trained_by("ann-conversion").experiment() == with_reference(DIGITS, "ann-conversion")


def test_what_set_cannot_say_is_written_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = digits().draft.remove_projection("compete").named("alone")
    run = digits().with_draft(draft)
    head, _, rest = command_of(run, tmp_path).partition("\n")
    toml, _, command = rest.partition("\nEND\n")
    assert head == "cat > alone.toml <<'END'"
    assert Experiment.from_toml(toml) == run.experiment()
    assert command == f"stdpbench run alone.toml --runs {tmp_path}"
    ((made, _),) = python_asks(python_of(run, tmp_path), monkeypatch)
    assert made == run.experiment()


def test_a_branch_is_made_from_anywhere_with_its_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, runs = tmp_path / "digits a", tmp_path
    where, opened = f"--runs {tmp_path}", f'import stdpbench\n\nbranch = stdpbench.open_run("{path}")'
    assert branch_text(path, runs, 12, {}) == ActionText(
        f"stdpbench branch 'digits a' --at 12 {where}", f"{opened}.branch(12)\n"
    )
    changed = branch_text(path, runs, 12, {"exc.tau_m": "25 ms", "schedule.held_out_every": None})
    assert "--set 'exc.tau_m=25 ms' --set schedule.held_out_every=none" in changed.command
    assert '.branch(12, {"exc.tau_m": "25 ms", "schedule.held_out_every": "none"})' in changed.python
    assert branch_text(path, tmp_path / "other", 0, {}).command.startswith(f"stdpbench branch '{path}' --at 0 ")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STDPBENCH_RUNS", str(runs))
    assert branch_text(Path("digits"), Path(), 3, {}).command == "stdpbench branch digits --at 3"


def test_a_run_that_gives_its_weights_is_stopped_first(tmp_path: Path) -> None:
    both = stopped_first(tmp_path / "a", tmp_path, ActionText("stdpbench run digits", "import stdpbench\n\nrun = 1\n"))
    assert both.command.splitlines() == [f"stdpbench stop a --runs {tmp_path}", "stdpbench run digits"]
    assert both.python.count("import stdpbench") == 1
    assert both.python.endswith(".stop()\nrun = 1\n")
