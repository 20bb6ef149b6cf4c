"""Every code block of README and docs is run, or says why it is not; see `code_blocks`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from code_blocks import CODE, OTHER, PAGES, ROOT, Reader, blocks, reader, small_runs

from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import SECTIONS, Experiment

WITH_CODE = [page for page in PAGES if any(b.language in CODE and b.marked != "not run" for b in blocks(page))]
SLOW = [page for page in PAGES if any(b.marked == "slow" for b in blocks(page))]
compiles = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("reader")
    return folder, small_runs(folder)


@pytest.fixture
def follower(
    template: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undrawn: None
) -> Iterator[Reader]:
    made = reader(*template, tmp_path, monkeypatch)
    yield made
    made.leave()


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name_of)
def test_every_block_has_a_language_and_every_mark_a_reason(page: Path) -> None:
    for block in blocks(page):
        assert block.language in (*CODE, *OTHER), f"line {block.line}"
        assert block.marked != "slow" or block.language in CODE, f"line {block.line}"
        assert not block.marked or len(block.why.split()) > 1, f"line {block.line}: say why"


def test_tables_are_toml_and_files_of_experiments_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for page in PAGES:
        for block in blocks(page):
            if block.file:  # which a later table may name
                Path(block.file).write_text(block.text, encoding="utf-8")
            if block.language == "toml":
                tables = tomllib.loads(block.text)
                if block.file and set(tables) <= {*SECTIONS, "name", "seed"}:
                    Experiment.from_mapping(tables)


@compiles
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_the_blocks_of_a_page_run(page: Path, follower: Reader) -> None:
    follower.follow(page, slow=False)


@compiles
@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("page", SLOW, ids=name_of)
def test_so_do_those_that_take_long(page: Path, follower: Reader) -> None:
    follower.follow(page, slow=True)
