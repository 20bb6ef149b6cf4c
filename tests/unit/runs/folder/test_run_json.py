"""What ``run.json`` says: values of any other type than theirs are one sentence, in every command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdpbench.cli import main
from stdpbench.errors import StdpbenchError
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.folder.run_json import read_run

Make = Callable[..., Path]

ODD: list[Any] = [True, 0, -1, 1.5, 2**63, float("inf"), "x", "\ud800", [], ["x"], {}]
FITS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str) and value != "\ud800",
    "true or false": lambda value: isinstance(value, bool),
    "a whole number": lambda value: type(value) is int and 0 <= value < 2**63,
    "a table": lambda value: isinstance(value, dict),
}
TEXTS = """id command state reason started ended queue digest data_sha256 simulator options.simulator versions.python
    host.processor parent.id parent.name from.name reproduces.id sweep.arm"""
KEYS = {
    **dict.fromkeys(TEXTS.split(), "text"),
    **dict.fromkeys(("options", "versions", "host", "parent", "from", "reproduces", "sweep"), "a table"),
    **dict.fromkeys(("validation", "options.validation", "options.baselines"), "true or false"),
    **dict.fromkeys(
        ("pid", "options.workers", "options.checkpoint_every", "host.cpus", "parent.at"), "a whole number"
    ),
}


def with_value(key: str, value: Any) -> dict[str, Any]:
    table, _, name = key.partition(".")
    return {table: {name: value} if name else value}


def test_a_value_of_another_type_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    for key, kind in KEYS.items():
        for value in ODD:
            path.write_text(json.dumps(with_value(key, value)), encoding="utf-8")
            if FITS[kind](value):
                assert read_run(path) == with_value(key, value)
                continue
            with pytest.raises(StdpbenchError) as error:
                read_run(path)
            sentence = str(error.value)
            assert sentence.startswith(f"{path} is damaged: {key} should be {kind}")
            assert "\n" not in sentence
            sentence.encode()


def test_null_is_nothing_and_what_a_later_version_says_passes(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    content = {
        "state": None,
        "parent": None,
        "options": {"simulator": None, "colour": 3},
        "host": {"cpus": None},
        "x": [],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read_run(path) == {key: content[key] for key in ("options", "host", "x")}


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


@pytest.mark.parametrize("key", ["state", "options.workers"])
def test_every_command_says_so_in_one_sentence(
    key: str, tmp_path: Path, make_run: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    make_run(runs, "b")
    path = make_run(runs, "a") / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **with_value(key, ["x"])}), encoding="utf-8")
    places = {"ZIP": str(tmp_path / "a.zip"), "FOLDER": str(runs / "a")}

    def run(command: str) -> tuple[Any, str, str]:
        arguments = [*(places.get(word, word) for word in command.split()), "--runs", str(runs)]
        with pytest.raises(SystemExit) as end:
            main(arguments)
        return end.value.code, *capsys.readouterr()

    for command in COMMANDS:
        status, out, err = run(command)
        assert status == 2, (command, out)
        sentence = err.splitlines()[-1]
        assert sentence.startswith("stdpbench: "), (command, err)
        assert f"run.json is damaged: {key} should be {KEYS[key]}" in sentence, (command, err)
    _, listed, _ = run("list --columns state")
    assert [line.split() for line in listed.splitlines()[1:]] == [["a", "damaged"], ["b", "finished"]]
    assert run("delete a")[0] == 0
    assert (runs / "bin" / "a" / "run.json").is_file()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([key.partition(".")[0] for key in KEYS]), JSON, max_size=4))
def test_any_table_is_read_or_named_and_listed(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    runs = tmp_path_factory.getbasetemp() / "any table"
    (runs / "a").mkdir(parents=True, exist_ok=True)
    (runs / "a" / "experiment.toml").write_text('name = "tiny"\n', encoding="utf-8")
    (runs / "a" / "run.json").write_text(json.dumps(content), encoding="utf-8")
    (runs / "a" / "progress.json").write_text(json.dumps({"phase": content.get("state"), "done": 3}), encoding="utf-8")
    with Store(runs, keep=False) as store:
        (entry,) = store.entries()
    try:
        read_run(runs / "a" / "run.json")
    except StdpbenchError:
        assert entry.state == "damaged"
