"""What the weights of a run were trained with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from run_folders import Make

from stdpbench.experiment import Experiment
from stdpbench.experiment.referenced import with_reference
from stdpbench.results.figures.comparison import comparison_figure
from stdpbench.runs.catalog.columns import summary, text
from stdpbench.runs.catalog.comparison import Account, compare
from stdpbench.runs.catalog.comparison_spec import (
    comparison_caption,
    comparison_spec,
    comparison_words,
    course_of,
    course_table,
    title_and_name,
    with_results,
)
from stdpbench.runs.catalog.store import Entry, Store
from stdpbench.runs.folder.journal import write_journal
from stdpbench.runs.folder.notes import change_notes
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import Origin, origin_of
from stdpbench.runs.protocol.facts import Block, Record
from stdpbench.studies.sweeps.seeds import over_seeds

TAUGHT = with_reference(Experiment.from_mapping({"name": "digits", "data": {"kind": "digits"}}), "linear", {})


def entries(runs: Path) -> dict[str, Entry]:
    store = Store(runs)
    return {entry.name: entry for entry in store.entries()}


def of(name: str) -> dict[str, Any]:
    return {"id": f"id of {name}", "name": name}


@pytest.fixture
def runs(tmp_path: Path, make_run: Make) -> Path:
    """Runs of every origin."""
    make_run(tmp_path, "taught", base=TAUGHT)
    make_run(tmp_path, "plain")
    make_run(tmp_path, "continued", about={"from": of("taught"), "weights_origin": "labels"})
    make_run(tmp_path, "imported", about={"nir": {"file": "net.nir", "remark": ""}, "weights_origin": "unknown"})
    return tmp_path


def test_runs_say_what_their_weights_were_trained_with(runs: Path) -> None:
    marked = {name: str(origin_of(runs / name)) for name in entries(runs)}
    assert marked == {
        **dict.fromkeys(("taught", "continued"), "labels"),
        "plain": "no labels",
        "imported": "unknown",
    }
    assert {name: str(entry.weights_origin) for name, entry in entries(runs).items()} == marked


def test_what_is_recorded_stays_without_the_run_that_it_came_from(tmp_path: Path, make_run: Make) -> None:
    for origin in Origin:
        make_run(tmp_path, f"{origin}", about={"from": of("deleted"), "weights_origin": str(origin)})
        assert origin_of(tmp_path / f"{origin}") is origin
    make_run(tmp_path, "later", about={"weights_origin": "something new"})
    assert origin_of(tmp_path / "later") is Origin.UNKNOWN
    found = entries(tmp_path)
    assert text(found["labels"], "vote").endswith(" % supervised")
    assert text(found["unknown"], "vote").endswith(" % origin of the weights unknown")
    assert text(found["no labels"], "vote").endswith(" %")
    only = found["no labels"].vote
    assert only is not None
    assert f"vote {100 * only:.1f} %" in summary(found.values()), "the others are no part of the range"


def test_a_comparison_never_says_without_where_the_origin_is_unknown(runs: Path) -> None:
    def remarks(*names: str) -> str:
        return " ".join(compare([RunFolder(runs / name) for name in names]).remarks)

    assert "trained with labels" not in remarks("taught", "continued")
    assert "The weights of taught and continued were trained with labels (supervised), the others without" in remarks(
        "taught", "continued", "plain"
    )
    said = remarks("taught", "imported")
    assert "without" not in said
    assert "The origin of the weights of imported is unknown" in said
    assert "(supervised), those of plain without" in remarks("taught", "imported", "plain")


@pytest.fixture
def beside(tmp_path: Path, make_run: Make) -> list[Entry]:
    for number, origin in enumerate(Origin):
        about = {"weights_origin": str(origin)}
        folder = make_run(tmp_path, f"run{number}", vote=0.5 + number / 10, parameters={"seed": number}, about=about)
        block = Block(0, (1,), (3,), 0.1, 0.1, {"vote": 0.5})
        write_journal(folder, [Record(0, 7, "2026-01-01T00:00:00+00:00", block)])
    return Store(tmp_path).entries()


MARKED = ["run0 (supervised)", "run1", "run2 (origin of the weights unknown)"]


def test_figures_that_compare_runs_have_the_word_in_labels_numbers_and_caption(beside: list[Entry]) -> None:
    folders = [RunFolder(entry.path) for entry in beside]
    courses, comparison = [*map(course_of, folders)], compare(folders)
    legend = comparison_figure(courses).axes[-1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == MARKED
    for caption in (comparison_caption(courses, "1.2", comparison, results=True), comparison_caption(courses, "1.2")):
        assert ", ".join(MARKED) in caption
    _, rows = with_results(course_table(courses), courses)
    assert [row[0] for row in rows] == [*MARKED, *MARKED]
    spec = comparison_spec(courses, "1.2", comparison)
    assert [line["label"] for line in spec["plots"][0]["lines"]] == MARKED
    assert comparison_words(comparison).startswith("3 runs; vote 60.0 to 60.0 %"), "of those without labels"
    change_notes(beside[0].path, lambda notes: replace(notes, title="Taught"))
    assert title_and_name(Account.of(folders[0])) == "Taught (run0; supervised)"


def test_groups_of_seeds_have_the_word(tmp_path: Path, make_run: Make) -> None:
    for number in range(4):
        about = {"weights_origin": "labels"} if number < 2 else {}
        make_run(tmp_path, f"run{number}", parameters={"seed": number % 2}, about=about)
    folders = [RunFolder(tmp_path / f"run{number}") for number in range(4)]
    groups = over_seeds(folders, [Account.of(folder) for folder in folders])
    assert [(group.label, group.names) for group in groups.groups] == [
        ("(supervised)", ("run0", "run1")),
        ("", ("run2", "run3")),
    ]
