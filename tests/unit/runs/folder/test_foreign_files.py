"""Files that are not the program's: nothing of them is removed, taken for a request, or unpickled."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from foreign import DEAD, listing
from harness import ended, experiment, new_run

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import find_compiler
from stdpbench.runs.catalog.trash import move_to_bin
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import rewind
from stdpbench.runs.process import worker
from stdpbench.runs.protocol.messages import Mailbox
from stdpbench.runs.protocol.options import Options

Cli = Callable[..., str]
needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
posix = pytest.mark.skipif(sys.platform == "win32", reason="links, owners and permissions of Unix")


@posix
@pytest.mark.usefixtures("signals")
def test_the_process_of_a_run_tidies_what_is_its_own_and_nothing_behind_links(foreign, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "one_blas_thread", lambda: None)
    lost = experiment(data={"kind": "npz", "path": str(tmp_path / "gone.npz")})
    folder = RunFolder.create(tmp_path / "runs", lost, {"options": asdict(Options(workers=1))})
    (folder.path / "checkpoints").symlink_to(foreign)
    (folder.path / "requests").symlink_to(foreign)
    parts = [f".run.json.{DEAD}.part", f".journal.jsonl.{DEAD}.part", ".progress.json.part"]
    stay = [f".notes.txt.{DEAD}.part", f".run.json.{os.getppid()}.part"]
    for name in (*parts, *stay):
        (folder.path / name).write_text("half")
    before = listing(foreign)
    assert worker.main([str(folder.path)]) == 1
    assert "gone.npz" in folder.read_json("run.json")["reason"]
    assert listing(foreign) == before
    assert not [name for name in parts if (folder.path / name).exists()]
    assert all((folder.path / name).exists() for name in stay)


@posix
@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    "name", ["run.json", "experiment.toml", "journal.jsonl", "metrics.json", "progress.json", "notes.json", "lock"]
)
def test_a_pipe_in_the_place_of_a_file_of_one_run_keeps_no_list_waiting(name, tmp_path, make_run, call):
    make_run(tmp_path, "b")
    folder = make_run(tmp_path, "a")
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)

    def give_up(*_: object) -> None:
        raise AssertionError(f"the list waits for {name}")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    try:
        assert "b " in call("list", "--runs", str(tmp_path))
        call("show", "b", "--runs", str(tmp_path))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_what_a_file_of_a_run_says_steers_no_terminal(tmp_path, make_run, call):
    folder = make_run(tmp_path, "a", about={"reason": "\x1b]0;evil\x07\u202e"})
    (folder / "notes.json").write_text(json.dumps({"text": "\x1b[31mred\x9b"}))
    for command in (
        ("list", "--runs", str(tmp_path), "--json"),
        ("list", "--runs", str(tmp_path)),
        ("show", str(folder)),
    ):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(call(*command))


# -- requests --------------------------------------------------------------------------------------


@posix
def test_requests_in_a_folder_that_others_can_write_to_are_neither_taken_nor_removed(tmp_path, monkeypatch):
    requests = tmp_path / "requests"
    requests.mkdir()
    path = requests / f"{1:032x}.ask.json"
    path.write_text(json.dumps({"name": "attach", "arguments": {"address": "/foreign/socket", "key": "00"}}))
    for mode in (0o777, 0o720, 0o702):
        requests.chmod(mode)
        assert Mailbox(tmp_path).take() == []
        with pytest.raises(StdpbenchError, match="in which only you can write"):
            Mailbox(tmp_path).ask("pause", {}, lambda: True, 0.1)
    requests.chmod(0o700)
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: 12345)
        assert Mailbox(tmp_path).take() == []
    requests.rename(tmp_path / "elsewhere")
    requests.symlink_to(tmp_path / "elsewhere")
    assert Mailbox(tmp_path).take() == []
    requests.unlink()
    (tmp_path / "elsewhere").rename(requests)
    assert path.exists()
    assert [request.name for request in Mailbox(tmp_path).take()] == ["attach"]


@posix
def test_where_a_request_would_not_be_taken_that_is_said(foreign, tmp_path, make_run, monkeypatch):
    folder = make_run(tmp_path, "a")
    (folder / "requests").symlink_to(foreign)
    before = listing(foreign)
    monkeypatch.setattr("stdpbench.runs.client.run_client.has_process", lambda path: True)
    with pytest.raises(StdpbenchError, match="requests: it must be a folder, not a link"):
        ask(folder, "pause")
    assert listing(foreign) == before
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(StdpbenchError, match="a process of another user is working on"):
        ask(folder, "pause")


# -- the bin ---------------------------------------------------------------------------------------


@pytest.fixture
def cli(tmp_path: Path, call: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Empty the bin of a runs folder with an answer to the question; standard output, or a sentence if it fails."""

    def run(*arguments: str, answer: str = "", status: int = 0) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        return call("delete", "--empty-bin", *arguments, "--runs", str(tmp_path), status=status)

    return run


def own(name: str) -> dict[str, Any]:
    """What ``run.json`` of a real run says, so that it is known without a mark."""
    return {"id": f"{sum(name.encode()):032x}", "versions": {"stdpbench": "0.1.0"}}


def test_a_folder_named_bin_that_is_not_the_bin_stays_as_it_is(tmp_path, make_run, cli):
    tools = tmp_path / "bin"
    (tools / "lib").mkdir(parents=True)
    for name in ("tool", ".profile", "lib/data.json", "run.json", "experiment.toml"):
        (tools / name).write_text("precious")
    make_run(tools, "of-another-program")  # whose run.json says nothing of stdpbench
    before = listing(tools)
    for arguments in ((), ("--yes",)):
        out = cli(*arguments)
        assert "There are no runs in the bin" in out
        assert "stay, as they are not deleted runs: .profile, experiment.toml, lib, of-another-program," in out
    assert listing(tools) == before


def test_runs_in_the_bin_go_after_a_question_and_everything_else_stays_and_is_named(tmp_path, make_run, cli):
    move_to_bin(RunFolder.open(make_run(tmp_path, "a")))
    move_to_bin(RunFolder.open(make_run(tmp_path, "b")))
    (tmp_path / "bin" / "notes.txt").write_text("precious")
    for number in range(20):
        (tmp_path / "bin" / f"tool{number:02}").write_text("precious")
    before = listing(tmp_path / "bin")
    assert "Nothing was removed" in cli(answer="n\n")
    assert "nothing was removed: answer y, or use --yes" in cli(status=2)
    assert listing(tmp_path / "bin") == before
    assert "  a\n  b\nPermanently remove these 2 runs? [y/N]" in cli(answer="y\n")
    assert listing(tmp_path / "bin") == ["notes.txt", *(f"tool{number:02}" for number in range(20))]


def test_a_run_that_is_damaged_and_was_deleted_goes_too_without_a_question(tmp_path, make_run, cli):
    place = move_to_bin(RunFolder.open(make_run(tmp_path, "a")))
    (place / "run.json").write_text("{")
    assert "1 run permanently removed" in cli("--yes")
    assert not (tmp_path / "bin").exists()


@posix
def test_links_in_the_bin_and_a_bin_that_is_a_link_stay(foreign, tmp_path, make_run, cli):
    run = make_run(tmp_path / "elsewhere", "real", about=own("real"))
    move_to_bin(RunFolder.open(make_run(tmp_path, "a")))
    (tmp_path / "bin" / "link").symlink_to(run)
    (tmp_path / "bin" / "a" / "inner").symlink_to(foreign)
    before = listing(foreign), listing(run)
    assert "not deleted runs: link" in cli("--yes")
    (tmp_path / "bin" / "link").unlink()
    (tmp_path / "bin").rmdir()
    (tmp_path / "bin").symlink_to(run.parent)
    assert "bin is a symbolic link" in cli("--yes", status=2)
    with pytest.raises(StdpbenchError, match="bin is a symbolic link"):
        move_to_bin(RunFolder.open(make_run(tmp_path, "b")))
    assert (listing(foreign), listing(run)) == before


# -- going back ------------------------------------------------------------------------------------


@posix
@needs_compiler
def test_going_back_removes_results_and_no_files_of_the_user(foreign, tmp_path):
    folder = ended(new_run(tmp_path, baselines=False))
    path = folder.path
    users = ["figures/.mine.png", "figures/poster.png", "report/notes.md", "checkpoints/000000020/notes.txt"]
    for name in users:
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("precious")
    (path / "report" / "report.html").write_text("")
    responses = path / "responses"
    responses.symlink_to(foreign)
    (path / "lock").touch()
    before = listing(path)
    with pytest.raises(StdpbenchError, match="responses is a symbolic link"):
        rewind(folder, 10)
    assert listing(path) == before
    responses.unlink()
    rewind(folder, 10)
    left = [name for name in listing(path) if name.startswith(("figures/", "report/", "checkpoints/000000020"))]
    kept = "checkpoints/000000020.kept"
    assert left == sorted([*users[:-1], kept, f"{kept}/notes.txt"])
    assert not (path / "metrics.json").exists()
