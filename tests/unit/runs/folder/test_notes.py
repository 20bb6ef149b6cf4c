"""Titles, notes, tags and stars of runs and neurons: the file, the index, the command line, Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from refusals import refused
from run_folders import Make

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.filters import order
from stdpbench.runs.catalog.search import Search, find_runs
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.folder.notes import NeuronNote, Notes, change_notes, read_notes
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.export import export_run, import_run
from stdpbench.runs.watching import RunsWatch

Cli = Callable[..., str]


@pytest.fixture
def runs(tmp_path: Path, make_run: Make) -> Path:
    folder = tmp_path / "runs ü"
    for name in ("first", "second", "third"):
        make_run(folder, name)
    return folder


def noted(folder: Path) -> Notes:
    notes = Notes().with_title("Überraschung").with_text("Two\nlines").with_tags(["paper", "#good"]).with_star(True)
    notes = notes.with_neuron("exc", 9, "late").with_neuron("exc", 3, starred=True)
    assert change_notes(folder, lambda before: notes) == (Notes(), notes)
    return notes


def test_notes_are_a_file_of_their_own_and_leave_none_when_they_are_empty(runs: Path) -> None:
    folder = runs / "first"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    notes = noted(folder)
    assert read_notes(folder) == notes
    assert notes.tags == ("paper", "good")
    assert list(notes.neurons) == [("exc", 3), ("exc", 9)]
    assert notes.starred_neurons("exc") == [3]
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert json.loads((folder / "notes.json").read_text(encoding="utf-8"))["neurons"]["exc"]["3"] == {"starred": True}
    change_notes(folder, lambda now: now.with_neuron("exc", 3, starred=False))
    assert list(read_notes(folder).neurons) == [("exc", 9)]
    change_notes(folder, lambda now: Notes())
    assert {path.name for path in folder.iterdir()} == set(before)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged: invalid JSON"),
        ('{"title": 3}', "is damaged: a title is a text, not 3"),
        ('{"title": "a\\nb"}', "a title is one line"),
        ('{"tags": ["two words"]}', "a tag is a word"),
        ('{"tags": "paper"}', "tags must be a list"),
        ('{"starred": 1}', "a star is true or false"),
        ('{"neurons": {"exc": {"-1": {}}}}', "not the number of a neuron"),
        (f'{{"notes": "{"x" * 20_001}"}}', "at most 20000 characters"),
        (" " * (1 << 21), "larger than 1 MiB"),
    ],
)
def test_damaged_notes_are_told_and_the_run_is_listed_as_before(
    runs: Path, cli: Cli, content: str, message: str
) -> None:
    (runs / "first" / "notes.json").write_text(content, encoding="utf-8")
    with refused(message, match=r"notes\.json.*"):
        read_notes(runs / "first")
    assert message in cli("note", "first", "--star", status=2)
    assert [row.split()[0] for row in cli("list").splitlines()[1:]] == ["first", "second", "third"]
    assert "finished" in cli("show", "first")


def test_the_index_follows_notes(runs: Path) -> None:
    watch = RunsWatch(runs)
    assert watch.look() is not None
    noted(runs / "second")
    seen = watch.look()
    opened = Store(runs)
    entries = opened.entries()
    assert not opened.remarks
    assert seen.entries["second"].title == entries[1].title == "Überraschung"
    assert (entries[1].tags, entries[1].starred, entries[1].notes) == (("paper", "good"), True, "Two\nlines")
    assert entries[1].text("notes") == "Two lines"
    for text, names in (
        ("#paper", ["second"]),
        ("#pap*", ["second"]),
        ("#bad", []),
        ("starred=true", ["second"]),
        ("tags=none", ["first", "third"]),
        ("tags!=good", ["first", "third"]),
        ("überra", ["second"]),
        ("lines", ["second"]),
    ):
        assert [entry.name for entry in find_runs(entries, Search.parse(text))] == names, text
    assert order(entries, lambda entry: entry.value("starred"), descending=True)[0].name == "second"


def test_runs_are_noted_and_found_on_the_command_line(cli: Cli, runs: Path) -> None:
    assert cli("list").splitlines()[0].split()[:2] == ["name", "experiment"]
    out = cli("note", "first", "second", "--tag", "paper", "--tag", "#good", "--star")
    assert out.splitlines() == ["first", "  tags    ★ #paper #good", "second", "  tags    ★ #paper #good"]
    cli("note", "second", "--unstar", "--untag", "good", "--title", "The one", "--notes", "Longer\nthan a line")
    out = cli("note", "second", "--neuron", "7", "--neuron", "exc=9", "--star", "--notes", "a four")
    assert out.splitlines()[1:] == [
        "  title   The one",
        "  tags    #paper",
        "  notes   Longer",
        "          than a line",
        "  neurons exc 7 ★ a four",
        "          exc 9 ★ a four",
    ]
    header, *rows = cli("list").splitlines()
    assert header.split()[:5] == ["name", "starred", "title", "tags", "experiment"]
    assert rows[0].split()[:4] == ["first", "★", "paper,", "good"]
    assert [row.split()[0] for row in cli("list", "--tag", "paper").splitlines()[1:]] == ["first", "second"]
    assert [row.split()[0] for row in cli("list", "--tag", "paper", "--starred").splitlines()[1:]] == ["first"]
    assert cli("list", "--tag", "bad").startswith("No run in ")
    record = json.loads(cli("list", "--json", "--tag", "good"))[0]
    assert (record["starred"], record["tags"], record["title"]) == (True, ["paper", "good"], "")
    shown = json.loads(cli("show", "second", "--json"))
    assert (shown["title"], shown["tags"], shown["neurons"]["exc"]["7"]["starred"]) == ("The one", ["paper"], True)
    assert json.loads(cli("note", "third", "--json"))[0]["starred"] is False
    assert cli("note", "third").splitlines() == ["third", "          no notes"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tag", "two words"], "a tag is a word"),
        (["--title", "x" * 200], "at most 120 characters"),
        (["--neuron", "x", "--star"], "--neuron expects a number, such as 137"),
        (["--neuron", "400", "--star"], "has neurons 0 to 399"),
        (["--neuron", "other=4", "--star"], "no population 'other'"),
        (["--neuron", "4", "--tag", "a"], "no title and no tags"),
    ],
)
def test_invalid_notes_are_refused_before_anything_is_changed(
    cli: Cli, runs: Path, arguments: list[str], message: str
) -> None:
    assert message in cli("note", "first", "second", *arguments, status=2)
    assert not list(runs.glob("*/notes.json"))


def test_notes_from_python(runs: Path) -> None:
    run = stdpbench.open_run(runs / "first")
    run.title, run.notes, run.tags, run.starred = "Title", "Text", ["a", "b"], True
    run.note_neuron(3, "fires late #odd, #4-and-9. (#odd) issue#7 #", starred=True)
    again = stdpbench.open_run(runs / "first")
    assert (again.title, again.notes, again.tags, again.starred) == ("Title", "Text", ("a", "b"), True)
    noted = again.neuron_notes[("exc", 3)]
    assert noted == NeuronNote(True, "fires late #odd, #4-and-9. (#odd) issue#7 #")
    assert noted.tags == ("odd", "4-and-9")
    assert again.name == "first"
    for neuron in (400, -1, "x"):
        with pytest.raises(StdpbenchError, match="neuron"):
            run.note_neuron(neuron)  # type: ignore[arg-type]
    with pytest.raises(StdpbenchError, match="a list of words"):
        run.tags = "paper"
    assert (
        [one.name for one in stdpbench.runs(runs, tag="a")]
        == [one.name for one in stdpbench.runs(runs, starred=True)]
        == ["first"]
    )
    assert "★ Title · first" in stdpbench.runs(runs)._repr_html_()


def test_notes_are_exported_with_a_run_and_imported(runs: Path, tmp_path: Path) -> None:
    notes = noted(runs / "first")
    zipped = export_run(RunFolder(runs / "first"), tmp_path / "first.stdpbench.zip")
    assert read_notes(import_run(zipped, tmp_path / "others").path) == notes
