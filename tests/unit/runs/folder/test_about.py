"""What a run says of itself in the first line of its journal: values of another type are one sentence everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from run_folders import Make

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.journal import write_journal
from stdpbench.runs.folder.run_folder import RunFolder


def with_value(key: str, value: Any) -> dict[str, Any]:
    table, _, name = key.partition(".")
    return {table: {name: value} if name else value}


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not_are_refused(constant: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(f'{{"a": {constant}}}', encoding="utf-8")
    with pytest.raises(StdpbenchError, match=r"metrics\.json is damaged: invalid JSON"):
        RunFolder(tmp_path).read_json("metrics.json")


def test_null_and_unknown_keys_are_accepted(tmp_path: Path) -> None:
    given = {"parent": None, "options": {"simulator": None, "colour": 3}, "host": {"cpus": None}, "x": []}
    write_journal(tmp_path, [], given)
    expected = {key: given[key] for key in ("options", "host", "x")} | {"state": "queued", "reason": ""}
    assert RunFolder(tmp_path).about == expected


COMMANDS = (
    "show a",
    "compare a b",
    "resume a",
    "resume a --repair",
    "watch a",
    "branch a --no-start",
    "rewind a --to 0",
    "evaluate a",
    "report a",
    "reproduce FOLDER",
    "export a --output ZIP",
    "pause a",
    "stop a",
    "set a exc.tau_m=90",
    "queue add a",
)


def test_every_command_says_so_in_one_sentence(
    tmp_path: Path, make_run: Make, run_cli: Callable[..., tuple[int, str, str]]
) -> None:
    runs = tmp_path / "runs"
    make_run(runs, "b")
    write_journal(make_run(runs, "a"), [], with_value("options.workers", ["x"]))
    (runs / "a" / "run.json").write_text('{"options": {"workers": ["x"]}}', encoding="utf-8")
    places = {"ZIP": str(tmp_path / "a.zip"), "FOLDER": str(runs / "a")}

    def run(command: str) -> tuple[Any, str, str]:
        return run_cli(*(places.get(word, word) for word in command.split()), "--runs", str(runs))

    for command in COMMANDS:
        status, out, err = run(command)
        assert status == 2, (command, out)
        sentence = err.splitlines()[-1]
        assert sentence.startswith("stdpbench: "), (command, err)
        assert "is damaged: options.workers should be a whole number" in sentence, (command, err)
    _, listed, _ = run("list --columns state")
    assert [line.split() for line in listed.splitlines()[1:]] == [["a", "damaged"], ["b", "finished"]]
    assert run("delete a")[0] == 0
    assert (runs / "bin" / "a" / "journal.jsonl").is_file()
