"""Write the notebooks ``docs/lessons/NAME.ipynb`` from the declarations in `stdpbench.base.lessons`.

Run it as ``python docs/make_lessons.py`` after a change of a lesson.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from stdpbench.base.lessons import Lesson, cells, lessons

FOLDER = Path(__file__).parent / "lessons"


def file_of(lesson: Lesson) -> Path:
    """Return the file of the notebook of a lesson; their names are in the order of the lessons."""
    return FOLDER / f"{lesson.number}-{lesson.name}.ipynb"


def notebook_of(lesson: Lesson) -> Any:
    """Return the notebook of a lesson, without output."""
    made = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for number, (kind, text) in enumerate(cells(lesson)):
        new = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        made.cells.append(new(text, id=f"cell-{number}"))
    return made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for lesson in lessons():
        nbformat.write(notebook_of(lesson), file_of(lesson))
