"""Tables of the documents have the numbers of the measurements in benchmarks/results."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from code_blocks import ROOT


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("write_tables")


def test_pages_have_the_tables_of_the_files(tables: Any) -> None:
    differing = [page.name for page in tables.PAGES if tables.written(page) != page.read_text(encoding="utf-8")]
    assert differing == [], "run docs/write_tables.py"


def test_every_file_says_how_it_was_measured_and_is_on_a_page(tables: Any) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in tables.PAGES)
    for file in (ROOT / "benchmarks/results").glob("*.csv"):
        about, rows = tables.read(file)
        assert {"command", "date", "machine"} <= set(about), file.name
        assert rows
        assert f"benchmarks/results/{file.name})" in pages, f"{file.name} is on no page"
