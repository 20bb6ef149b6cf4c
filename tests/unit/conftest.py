"""Run folders that no network made, for what only reads them."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from foreign import DEAD

from stdpbench.cli import main
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import write_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Fact, ParametersChanged, Record, StateChanged

TIME = "2026-01-02T03:04:05+00:00"


def _make(
    runs: Path,
    name: str,
    *,
    state: str = "finished",
    vote: float | None = 0.5,
    parameters: Mapping[str, Any] | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    about: Mapping[str, Any] | None = None,
    base: Experiment | None = None,
) -> Path:
    folder = runs / name
    folder.mkdir(parents=True, exist_ok=True)
    experiment = (base or Experiment.from_mapping({"name": "tiny"})).override(parameters or {})
    (folder / "experiment.toml").write_text(experiment.to_toml(), encoding="utf-8")
    if vote is not None:
        score = {"accuracy": vote, "interval_95": [vote - 0.1, vote + 0.1], "n_images": 30, "confusion": [[1, 2]]}
        metrics = {"evaluated_on": "test", "n_test_images": 30, "accuracy": {"vote": score}, "neurons": {"n": [1, 2]}}
        (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    progress = {"phase": "train", "done": 7, "total": 60, "position": 7}
    (folder / "progress.json").write_text(json.dumps(progress), encoding="utf-8")
    given = {"id": f"id of {name}", "started": TIME, **(about or {})}
    last, ended = StateChanged(state, given.pop("reason", "")), given.pop("ended", TIME)
    history: list[tuple[int, Fact]] = [(0, StateChanged("building")), (0, StateChanged("running"))]
    history += [(7, ParametersChanged(changes))] if changes else []
    records = [Record(number, at, TIME, fact) for number, (at, fact) in enumerate(history)]
    write_journal(folder, [*records, Record(len(records), 7, ended, last)] if state != "queued" else [], given)
    RunFolder(folder).write_copy()
    return folder


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Path]:
    """Make a run folder: runs folder, name, and by keyword state, vote, parameters, changes, about, base."""
    return _make


@pytest.fixture
def run_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command: its status, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def call(run_cli: Callable[..., tuple[int, str, str]]) -> Callable[..., str]:
    """Run a command with a status: its standard output, or standard error where it is to fail."""

    def run(*arguments: str, status: int = 0) -> str:
        code, out, err = run_cli(*arguments)
        assert code == status, err
        return err if status else out

    return run


@pytest.fixture
def cli(runs: Path, call: Callable[..., str]) -> Callable[..., str]:
    """Run a command on `runs`, a fixture of the file."""
    return lambda *arguments, status=0: call(*arguments, "--runs", str(runs), status=status)


@pytest.fixture
def signals() -> Iterator[None]:
    """Give back the handlers that a test sets."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder of somebody else, with hidden folders and files of names like those of a run."""
    folder = tmp_path / "foreign"
    for name in (".ssh", ".git", ".000000005.old", ".000000005.77.part", "000000005"):
        (folder / name).mkdir(parents=True)
        (folder / name / "state.npz").write_text("precious")
    for name in ("package.json", "x.ask.json", f"{1:032x}.ask.json", f".run.json.{DEAD}.part"):
        (folder / name).write_text("precious")
    return folder


@pytest.fixture
def broken() -> Callable[[str, str], list[str]]:
    """Return the words of a narrow text that the wide one lacks; a path may be longer than the screen."""

    def words(narrow: str, wide: str) -> list[str]:
        known = set(re.split(r"[\s-]+", wide))
        return [word for word in narrow.split() if "/" not in word and not {*word.split("-")} <= known | {""}]

    return words


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures of a report empty: drawing them takes most of the time of a small one."""
    monkeypatch.setattr("stdpbench.results.figures.saving.embedded", lambda *_, **__: "<svg></svg>")


@pytest.fixture
def own_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Notebooks run in the kernel of this very Python, whatever kernels the machine knows by that name.

    As an indirect parameter, the name of a package that cannot be imported there.
    """
    blocked = getattr(request, "param", "")
    code = (
        "from importlib.machinery import PathFinder; find = PathFinder.find_spec; PathFinder.find_spec = classmethod("
        f"lambda cls, name, *more: None if name == {blocked!r} else find(name, *more)); "
        "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [Path(sys.executable).as_posix(), "-c", code, "-f", "{connection_file}"]
    about = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(about))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the notebook decides
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("STDPBENCH_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
