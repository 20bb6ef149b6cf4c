"""The site: links between pages and files, formulas, reference pages; and, slow, the whole of it."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from code_blocks import ROOT

from stdpbench.cli.app import app
from stdpbench.cli.describe import FAMILIES, catalogue
from stdpbench.experiment import SECTIONS, shipped_experiments


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    pytest.importorskip("latex2mathml")
    pytest.importorskip("docutils")


def part(name: str) -> Any:
    return importlib.import_module(f"extension.{name}")


@pytest.mark.parametrize(
    ("source", "page", "before", "after"),
    [
        ("README.md", "docs/readme.md", "[x](docs/data.md#tables)", "[x](data.md#tables)"),
        ("README.md", "docs/readme.md", "![x](docs/images/a.png)", "![x](images/a.png)"),
        ("README.md", "docs/readme.md", "[x](CHANGELOG.md)", "[x](changelog.md)"),
        ("README.md", "docs/readme.md", "[all](docs/decisions)", "[all](decisions/index.md)"),
        ("docs/decisions/0009.md", "docs/decisions/0009.md", "[x](../performance.md)", "[x](../performance.md)"),
        ("docs/performance.md", "docs/performance.md", "see [code](../benchmarks)", "see code"),
        ("docs/results.md", "docs/results.md", "[x](../README.md#mnist)", "[x](readme.md#mnist)"),
        (
            "docs/results.md",
            "docs/results.md",
            "[x](https://doi.org/1) [y](#here)",
            "[x](https://doi.org/1) [y](#here)",
        ),
        ("docs/results.md", "docs/results.md", "```sh\n[x](../README.md)\n```\n", "```sh\n[x](../README.md)\n```\n"),
    ],
)
def test_links_lead_to_pages_of_the_site(source: str, page: str, before: str, after: str) -> None:
    assert part("links").rewritten(before, ROOT / source, ROOT / page) == after


def test_formulas_are_mathml_with_aligned_lines() -> None:
    made = part("mathematics").mathml(r"a: & w \leftarrow \mathrm{clip}(w) \\ b: & w \leftarrow 0")
    assert made.startswith("<math ")
    assert (made.count("<mtr>"), made.count("<mtd>")) == (2, 4)
    assert ">clip<" in made
    assert "&<" not in made
    assert "<mtr>" not in part("mathematics").mathml(r"\tau_x")


def test_reference_pages_have_every_section_kind_experiment_and_command() -> None:
    pages = dict(part("reference").pages())
    assert all(f"## `[{section}]`" in pages["experiment-file"] for section in SECTIONS)
    assert all(f"| `{name}` |" in pages["shipped"] for name in shipped_experiments())
    for family in FAMILIES:
        page = pages["kinds-" + family.name.replace(" ", "-")]
        assert re.findall(r"(?m)^## (.*)$", page) == catalogue()[family.name]
    commands = [f"stdpbench {name}" for name in typer.main.get_command(app).commands]  # type: ignore[attr-defined]
    assert all(f"## `{name}`" in pages["commands"] for name in commands)
    assert "| `--set PATH=VALUE` | Change a parameter, such as exc.tau" in pages["commands"].replace("\\", "")
    assert "| `nu_post` | `0.01` | `[0, ∞)` | live |" in pages["kinds-plasticity-rule"]
    assert "`seeds` | `[0, 1, 2]`" in pages["sweep-file"]
    listed = (ROOT / "docs/reference/index.md").read_text(encoding="utf-8")
    assert {f"generated/{name}" for name in pages} == set(re.findall(r"(?m)^generated/.*$", listed))


def test_each_how_to_page_has_a_line() -> None:
    index = (ROOT / "docs/howto/index.md").read_text(encoding="utf-8")
    pages = {page.stem for page in (ROOT / "docs/howto").glob("*.md")} - {"index"}
    assert set(re.findall(r"(?m)^- \[.*\]\(([\w-]+)\.md\): ", index)) == pages


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    pytest.importorskip("myst_nb")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs")]
    done = subprocess.run(
        [*command, str(tmp_path)],
        env=os.environ | {"STDPBENCH_DOCS_NOTEBOOKS": "off"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        fetched = re.findall(r'<(?:script|img|iframe|source)[^>]* src="(https?:[^"]*)"', page.read_text("utf-8"))
        fetched += re.findall(r'<link[^>]* href="(https?:[^"]*)"', page.read_text("utf-8"))
        assert fetched == [], page.name
