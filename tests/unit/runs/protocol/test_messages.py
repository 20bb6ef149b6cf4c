"""Requests by way of files in the run folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.protocol.messages import Mailbox

STEP = json.dumps({"name": "step", "arguments": {}}).encode()
DEAD = 2**22 + 1  # no process has this number


def given(folder: Path, content: bytes, number: int = 0) -> Path:
    """A request as a reader leaves it in a run folder."""
    (folder / "requests").mkdir(exist_ok=True)
    path = folder / "requests" / f"{number:032x}.ask.json"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_requests_come_in_order(tmp_path):
    (tmp_path / "requests").mkdir()
    for number, name in enumerate("hgfedcba"):
        path = given(tmp_path, json.dumps({"name": name, "arguments": {}}).encode(), number)
        os.utime(path, ns=(number, number))
    assert [request.name for request in Mailbox(tmp_path).take()] == list("hgfedcba")


def test_a_run_that_ends_or_does_not_answer_is_said(tmp_path):
    mailbox = Mailbox(tmp_path)
    with pytest.raises(StdpbenchError, match="ended before it could answer"):
        mailbox.ask("pause", {}, lambda: False)
    with pytest.raises(StdpbenchError, match="did not answer within 0 s"):
        mailbox.ask("pause", {}, lambda: True, 0.05)
    assert mailbox.take() == []


def test_what_an_earlier_process_was_asked_is_dropped(tmp_path):
    mailbox = Mailbox(tmp_path)
    mailbox.clear()
    path = given(tmp_path, STEP)
    path.with_name(path.name.replace("ask", "answer")).write_text("{}")
    path.with_name(f".{path.name}.{DEAD}.part").write_text("{")
    mailbox.clear()
    assert list((tmp_path / "requests").iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\xff\xff",
        b"3",
        b"[]",
        b"{}",
        b'{"name": "pause"}',
        b'{"name": "pause", "arguments": 3}',
        b'{"name": "pause", "arguments": [1]}',
        b"[" * 100_000,
    ],
)
def test_files_that_are_no_requests_are_taken_away(content, tmp_path):
    given(tmp_path, content)
    assert Mailbox(tmp_path).take() == []
    assert list((tmp_path / "requests").iterdir()) == []


def test_what_cannot_be_taken_away_is_not_taken(tmp_path, monkeypatch):
    (tmp_path / "requests" / f"{'1' * 32}.ask.json").mkdir(parents=True)
    assert Mailbox(tmp_path).take() == []
    given(tmp_path, STEP)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "unlink", refuse)
    assert Mailbox(tmp_path).take() == []
