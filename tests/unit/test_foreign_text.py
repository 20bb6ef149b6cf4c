"""Text of others: a terminal obeys nothing in it, and figures take none of it for mathematics."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdpbench.base.foreign_text import folder_name_problem, terminal_text
from stdpbench.cli.terminal import Console
from stdpbench.results.figures.confusion import confusion
from stdpbench.results.figures.saving import write_figure
from stdpbench.results.readout import Score

EVIL = "\x1b[31m \x1b]0;title\x07 \x9b31m \u202egnp.exe\u2066 \x7f\r"


@given(st.text())
def test_text_in_json_stays_the_same_text(text: str) -> None:
    shown = terminal_text(json.dumps(text, ensure_ascii=False))
    assert json.loads(shown) == text
    assert not set(shown) & set(EVIL) - set(" 01;[]egilmnprtx.m3")


def test_a_terminal_obeys_nothing(
    call: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f'name = "a"\n{json.dumps(EVIL)} = 1\n', encoding="utf-8")
    said = call("data", "show", str(path), status=2)
    assert "x1b" in said
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\r"} & set(said)
    Console(file=(out := StringIO()), force_terminal=True).print(f"[bold]:cat:[/nothing] {EVIL}", style="red")
    assert out.getvalue().startswith("\x1b[31m[bold]:cat:[/nothing] \\u001b[31m")
    sys.stdout.write("\x1b[0m")
    assert "\x1b" not in capsys.readouterr().out


def test_names_are_no_mathematics(tmp_path: Path) -> None:
    names = (r"$\input{x}$", "$")
    score = Score(np.array([[3, 1, 0], [0, 2, 0]]))
    figure = confusion(score, names, title=r"$\frac{", noun="picture")
    write_figure(figure, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text.count(r"$\input{x}$") >= 2
    assert r"$\frac{" in text


def test_names_of_folders() -> None:
    assert not any(map(folder_name_problem, ("digits-2026", "Ziffern ä 数", "a.b", "x" * 100)))
    assert all(map(folder_name_problem, ("", ".", "..", "-rf", "~", " a", "a\n", "a/b", "a\\b", "<b>", "x" * 101)))
