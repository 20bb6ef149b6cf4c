"""What the weights of a run were trained with, also where earlier versions did not record it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stdpbench.experiment import Experiment
from stdpbench.experiment.referenced import with_reference
from stdpbench.runs.catalog import index
from stdpbench.runs.catalog.columns import summary, text
from stdpbench.runs.catalog.comparison import compare
from stdpbench.runs.catalog.store import Entry, Store
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import Origin, origin_of

Make = Callable[..., Path]
TAUGHT = with_reference(Experiment.from_mapping({"name": "digits", "data": {"kind": "digits"}}), "linear", {})


def entries(runs: Path) -> dict[str, Entry]:
    with Store(runs) as store:
        return {entry.name: entry for entry in store.entries()}


def of(name: str) -> dict[str, Any]:
    return {"id": f"id of {name}", "name": name}


@pytest.fixture
def runs(tmp_path: Path, make_run: Make) -> Path:
    """Runs of an earlier version, which recorded nothing."""
    make_run(tmp_path, "taught", base=TAUGHT)
    make_run(tmp_path, "plain")
    make_run(tmp_path, "continued", about={"from": of("taught")})
    make_run(tmp_path, "branched", about={"parent": of("continued") | {"at": 3}})
    make_run(tmp_path, "same", about={"reproduces": of("continued")})
    make_run(tmp_path, "of-plain", about={"from": of("plain")})
    make_run(tmp_path, "lost", about={"from": of("deleted")})
    make_run(tmp_path, "another", about={"from": {"id": "other", "name": "taught"}})
    make_run(tmp_path, "imported", about={"nir": {"file": "net.nir", "remark": ""}})
    make_run(tmp_path, "of-imported", about={"from": of("imported")})
    make_run(tmp_path, "circle", about={"parent": of("circle")})
    return tmp_path


def test_runs_of_earlier_versions_are_as_the_run_that_they_continue_from(runs: Path) -> None:
    marked = {name: str(origin_of(runs / name)) for name in entries(runs)}
    assert marked == {
        **dict.fromkeys(("taught", "continued", "branched", "same"), "labels"),
        **dict.fromkeys(("plain", "of-plain", "lost", "another", "circle"), "no labels"),
        **dict.fromkeys(("imported", "of-imported"), "unknown"),
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


def test_an_index_of_an_earlier_version_is_read_again(runs: Path) -> None:
    before = entries(runs)
    with closing(sqlite3.connect(index.index_path(runs))) as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN weights_origin")
        connection.commit()
    shutil.rmtree(runs / "plain")
    again = entries(runs)
    assert {name: str(entry.weights_origin) for name, entry in again.items()} == {
        name: str(entry.weights_origin) for name, entry in before.items() if name != "plain"
    }
    assert again["continued"].weights_origin.supervised


def test_a_comparison_never_says_without_where_the_origin_is_unknown(runs: Path) -> None:
    def remarks(*names: str) -> str:
        return " ".join(compare([RunFolder(runs / name) for name in names]).remarks)

    assert "trained with labels" not in remarks("taught", "continued")
    assert "The weights of taught and branched were trained with labels (supervised), the others without" in remarks(
        "taught", "branched", "plain"
    )
    said = remarks("taught", "imported")
    assert "without" not in said
    assert "The origin of the weights of imported is unknown" in said
    assert "(supervised), those of plain without" in remarks("taught", "imported", "plain")
