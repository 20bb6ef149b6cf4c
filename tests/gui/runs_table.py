"""Runs for the Runs page, and access to its visible texts."""

from __future__ import annotations

import shutil
from pathlib import Path

from edited_journal import edit_journal
from small_run import small_experiment

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.options import Options
from stdpbench_gui.pages.runs.page import RunsPage

NAMES = ("digits-a", "digits-b", "fast-c")
_DAY = {"digits-b": 3, "digits-a": 2, "fast-c": 1}


def copy(original: RunFolder, runs: Path, name: str, vote: float, **about: object) -> Path:
    """Copy a finished run under another name and with another accuracy."""
    path = runs / name
    shutil.copytree(original.path, path, ignore=shutil.ignore_patterns("lock", "requests"))
    folder = RunFolder(path)
    edit_journal(folder, id=f"id of {name}", started=f"2026-01-0{_DAY.get(name, 9)}T10:00:00+00:00", **about)
    metrics = folder.read_json("metrics.json")
    metrics["accuracy"]["vote"]["accuracy"] = vote
    folder.write_json("metrics.json", metrics)
    return path


def three_runs(runs: Path, finished_run: RunFolder) -> Path:
    """Fill a runs folder with a finished run, a finished branch of it and a stopped run; return the folder."""
    copy(finished_run, runs, "digits-a", 0.5)
    copy(finished_run, runs, "digits-b", 0.75, parent={"id": "id of digits-a", "name": "digits-a", "at": 20})
    copy(finished_run, runs, "fast-c", 0.25, state="stopped", reason="for lunch")
    return runs


def shown(page: RunsPage) -> list[str]:
    return [entry.name for entry in page.model.entries]


def cell(page: RunsPage, name: str, column: str) -> str:
    return str(page.model.index(page.model.row_of(name), page.model.columns.index(column)).data())


def act(page: RunsPage, action: str, *names: str) -> None:
    """Choose runs in the table, and carry out an action on them."""
    page.table.choose(names)
    page.run_actions.do(action)


def notices(page: RunsPage) -> str:
    return "\n".join(page.notices.texts())


def small(runs: Path, passes: int = 1, seed: int = 5) -> RunFolder:
    made = small_experiment(seed=seed, schedule__passes=passes)
    return create_run(made, runs, Options(workers=1, baselines=False))


def order(page: RunsPage) -> list[int]:
    return [page.queue.model.item(row).number for row in range(page.queue.model.rowCount())]


def pick(page: RunsPage, number: int) -> None:
    page.queue._choose(number)
    assert [item.number for item in page.queue.chosen()] == [number]
