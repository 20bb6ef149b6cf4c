"""At 80 columns no word is broken: help of every command, tables, descriptions; tables of checks are in the lab."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import typer

from stdpbench.cli.app import app
from stdpbench.cli.describe import catalogue
from stdpbench.cli.options import PANELS

Command = Callable[..., str]
Broken = Callable[[str, str], list[str]]


def commands(command: click.Command, path: str = "stdpbench") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{path} {name}")


def test_every_help_has_whole_words_and_whole_descriptions(monkeypatch: pytest.MonkeyPatch, broken: Broken) -> None:
    for path, command in commands(typer.main.get_command(app)):
        narrow = command.get_help(click.Context(command, info_name=path, terminal_width=80))
        wide = command.get_help(click.Context(command, info_name=path, terminal_width=1000))
        assert broken(narrow, wide) == [], path
        assert max(map(len, narrow.splitlines())) <= 80, path
        assert "..." not in narrow.partition("\n\n")[2], path


def test_every_command_is_under_one_heading() -> None:
    names = [name for panel in PANELS.values() for name in panel]
    assert sorted(names) == sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_each_experiment_has_one_line(call: Command) -> None:
    lines = call("experiments").splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if re.match("best-400 +400 exc neurons, one winner per picture", line)]


@pytest.mark.parametrize("family", ["", *catalogue()])
def test_descriptions_and_lists(family: str, call: Command, broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STDPBENCH_DATA", raising=False)  # paths may be longer than a column
    lists = (("describe",), ("data", "list"))
    for arguments in (("describe", name) for name in catalogue()[family]) if family else lists:
        texts = {}
        for columns in (80, 1000):
            monkeypatch.setenv("COLUMNS", str(columns))
            texts[columns] = call(*arguments)
        assert broken(texts[80], texts[1000]) == [], arguments


def on_a_terminal(*arguments: str) -> str:
    """Run the command line on a terminal of 80 columns, and return what it shows."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "stdpbench", *arguments]
    process = subprocess.Popen(command, stdout=slave, stdin=subprocess.DEVNULL, env=environment)
    os.close(slave)
    pieces = []
    try:
        while piece := os.read(master, 65536):
            pieces.append(piece)
    except OSError:  # how Linux reports that the other side is closed
        pass
    os.close(master)
    assert process.wait() == 0
    return b"".join(pieces).decode()


def test_tables_of_runs_fit_a_terminal(
    tmp_path: Path, make_run: Callable[..., Path], call: Command, broken: Broken
) -> None:
    for seed in range(2):
        make_run(tmp_path, f"a-name-of-28-characters-{seed}000", vote=0.9, parameters={"seed": seed})
    names = [folder.name for folder in tmp_path.iterdir() if folder.is_dir()]
    for arguments in (("list",), ("show", names[0]), ("compare", *names)):
        narrow, wide = (run(*arguments, "--runs", str(tmp_path)) for run in (on_a_terminal, call))
        assert broken(narrow, wide) == [], arguments
        longest = max(narrow.splitlines(), key=len)
        assert len(longest) <= 80 or "/" in longest, arguments
