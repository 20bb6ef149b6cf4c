"""The code blocks of README and docs, and how they are run.

A block of ``sh`` or ``python`` runs as it stands, one page after the other in a folder of its own, unless a comment
before it says otherwise: ``<!-- not run: why -->``, or ``<!-- slow: why -->`` for what takes more than a minute or
needs MNIST. A block of any language whose first line is a comment with the name of a file, such as ``# mine.toml``,
becomes that file; of another page, if a command needs it. Words in capitals stand for what the reader has: ``RUN``,
``OTHER`` and ``runs/NAME`` for small finished runs, for one in progress where a command needs it, or for one that NIR
can hold with ``--nir``. A value in a comment behind an expression of Python is what the expression gives. Figures of
benchmarks, which are measured, are not compared.
"""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

import stdpbench
from stdpbench.cli import main
from stdpbench.data.datasets.fetch import status as folder_of

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted({ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data/README.md", *ROOT.glob("docs/**/*.md")})
PAGES = [page for page in PAGES if "generated" not in page.parts]
CODE = ("sh", "python")
IN_PROGRESS = (
    "resume",
    "pause",
    "step",
    "checkpoint",
    "stop",
    "set",
    "set-learned",
    "change-rule",
    "branch",
    "rewind",
)
"""Commands that are given a run in progress, at presentation 30; their position 20000 is 20."""
OTHER = ("toml", "csv", "text", "{toctree}")
_COMMENT = re.compile(r"<!-- (not run|slow): (.*?) -->", re.DOTALL)
_VALUE = re.compile(r"(?m)^(\w[\w.]*\(.*\))  # ([\[{(\"'\d].*)$")
_FILE = re.compile(r"# ([\w.-]+\.\w+)\n")


@dataclass(frozen=True)
class Block:
    """A code block: ``marked`` is "not run", "slow" or empty, ``why`` the reason."""

    line: int
    language: str
    text: str
    marked: str = ""
    why: str = ""

    @property
    def file(self) -> str:
        """Name of the file that it is, if any."""
        named = _FILE.match(self.text)
        return named[1] if named else ""


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page; indented ones have the language ``indented``."""
    found, comment = [], None
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            language = token.info.strip() if token.type == "fence" else "indented"
            marked, why = comment.groups() if comment else ("", "")
            found.append(Block(token.map[0] + 1, language, token.content, marked, why))
        comment = _COMMENT.fullmatch(token.content.strip()) if token.type == "html_block" else None
    return found


class Reader:
    """Somebody who follows a page in a folder of their own, with finished runs in ``runs``.

    Parameters
    ----------
    folder : Path
        Where commands are carried out: the current folder.
    runs : list of str
        Names of the finished runs; NIR can hold the last one.
    """

    def __init__(self, folder: Path, runs: list[str]) -> None:
        self._folder, (*self._runs, self._discrete) = folder, runs
        first, second = (stdpbench.open_run(folder / "runs" / name) for name in self._runs[:2])
        self._names: dict[str, Any] = {"stdpbench": stdpbench, "run": first, "other": second}

    def follow(self, page: Path, slow: bool) -> None:
        """Carry out the blocks of a page, those marked slow too if `slow`."""
        for block in blocks(page):
            if block.file:
                (self._folder / block.file).write_text(block.text, encoding="utf-8")
        shutil.copy(self._folder / "runs" / self._runs[0] / "weights.npy", self._folder)
        for block in blocks(page):
            if block.marked == "not run" or (block.marked == "slow" and not slow):
                continue
            if "MNIST" in block.why and folder_of("mnist") is None:
                continue
            try:
                if block.language == "python":
                    exec(compile(self._named(block.text), f"{page.name}:{block.line}", "exec"), self._names)
                    self._check_values(block.text)
                elif block.language == "sh":
                    for words in self._commands(block.text):
                        self._carry_out(words)
            except Exception as error:
                raise AssertionError(f"{page.relative_to(ROOT)}, line {block.line}: {error!r}") from error

    def _check_values(self, text: str) -> None:
        """Compare the values that comments show, of dictionaries up to an ellipsis."""
        for expression, shown in _VALUE.findall(text):
            value, expected = eval(expression, self._names), ast.literal_eval(shown.replace(", …", ""))
            if "…" in shown:
                value = {key: value[key] for key in expected}
            assert value == expected, f"{expression} is {value!r}"

    def leave(self) -> None:
        """Stop the runs that are still in progress, and leave Brian2 as it was."""
        if "brian2" in sys.modules:
            sys.modules["brian2"].set_device("runtime")
            sys.modules["brian2"].prefs.codegen.target = "auto"
        for run in stdpbench.runs(self._folder / "runs"):
            with suppress(stdpbench.StdpbenchError):
                run.stop()

    def _named(self, text: str) -> str:
        return text.replace("runs/NAME", f"runs/{self._runs[0]}")

    def _fetch(self, name: str) -> None:
        """Write a file that the reader has from another page."""
        files = (block for page in PAGES for block in blocks(page) if block.file == name)
        if name.endswith(".toml") and not (self._folder / name).exists() and (block := next(files, None)):
            (self._folder / name).write_text(block.text, encoding="utf-8")

    def _commands(self, text: str) -> Iterator[list[str]]:
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words:
                end = words.index("&&") if "&&" in words else len(words)
                yield words[:end]
                words = words[end + 1 :]

    def _carry_out(self, words: list[str]) -> None:
        assert words[0] == "stdpbench", f"{words[0]} is not run by tests: mark the block"
        left = list(self._runs)
        if words[1] in IN_PROGRESS:
            left = [self._in_progress()]
            words = [word.replace("20000", "20") for word in words]
        elif "--nir" in words:
            left = [self._discrete]
        made: list[str] = []
        for word in words[1:]:
            if word in ("RUN", "OTHER"):
                made.append(left.pop(0))
            elif word == "NAME":
                made.append(self._runs[0])
            else:
                made.append(self._named(word))
                self._fetch(word)
        status = None
        try:
            main(made)
        except SystemExit as end:
            status = end.code
        assert not status, f"stdpbench {shlex.join(made)} ends with status {status}"

    def _in_progress(self) -> str:
        """Return the name of a new run that is paused while it trains."""
        run = stdpbench.start("digits", set=SMALL, runs=self._folder / "runs", workers=1, checkpoint_every=10)
        run.pause()
        run.step(max(30 - run.position, 0))
        return run.path.name


SMALL = {
    "network.n_exc": 12,
    "schedule.train_images": 60,
    "schedule.label_images": 40,
    "schedule.test_images": 30,
    "schedule.passes": 1,
}


def small_runs(folder: Path) -> list[str]:
    """Train small networks, and return the names of their runs in ``folder/runs``; NIR can hold the last one."""
    options: dict[str, Any] = {"set": SMALL, "runs": folder / "runs", "workers": 1, "wait": True}
    started = [stdpbench.start("digits", seed=seed, checkpoint_every=20, **options) for seed in (1, 2, 3, 4)]
    options["set"] = SMALL | {"exc.refractory_steps": 0}  # NIR's neurons have no refractory period
    started.append(stdpbench.start("digits-discrete", **options))
    return [run.path.name for run in started]


def reader(template: Path, names: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Return a reader in `folder`, which gets a copy of the small runs."""
    shutil.copytree(template / "runs", folder / "runs")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("STDPBENCH_RUNS", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("STDPBENCH_CONFIG", str(folder / "config"))
    return Reader(folder, names)
