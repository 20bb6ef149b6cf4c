"""The notebooks of the lessons: in step with their declarations, and they run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import nbclient
import nbformat
import pytest

from stdpbench.base.lessons import Lesson, cells, lessons

ROOT = Path(__file__).resolve().parents[3]


def maker() -> ModuleType:
    """The script that writes the notebooks, which is no module of a package."""
    spec = importlib.util.spec_from_file_location("make_lessons", ROOT / "docs" / "make_lessons.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


MAKER = maker()


def case(lesson: Lesson) -> object:
    """A lesson; those that train a network take a minute or more."""
    return pytest.param(lesson, id=lesson.name, marks=[] if lesson.run is None else [pytest.mark.slow])


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_it_is_made_of_the_declaration(lesson: Lesson) -> None:
    written = nbformat.read(MAKER.file_of(lesson), as_version=4)
    assert [(cell.cell_type, cell.source) for cell in written.cells] == cells(lesson), "run docs/make_lessons.py"


def test_there_are_no_others() -> None:
    assert sorted(MAKER.FOLDER.glob("*.ipynb")) == sorted(MAKER.file_of(lesson) for lesson in lessons())


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("own_kernel")
@pytest.mark.parametrize("own_kernel", ["", "pandas"], ids=["all packages", "without pandas"], indirect=True)
@pytest.mark.parametrize("lesson", [case(lesson) for lesson in lessons()])
def test_it_runs(lesson: Lesson, tmp_path: Path) -> None:
    notebook = nbformat.read(MAKER.file_of(lesson), as_version=4)
    client = nbclient.NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    errors = [out for cell in code for out in cell.outputs if out.output_type == "stream" and out.name == "stderr"]
    assert not errors, errors
    assert any("image/png" in out.get("data", {}) for cell in code for out in cell.outputs)
    assert code[-1].outputs, "the answer is shown"
