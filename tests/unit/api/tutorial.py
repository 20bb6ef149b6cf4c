"""The tutorial is written once, as a script in cells; ``python tests/unit/api/tutorial.py`` makes its notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

FOLDER = Path(__file__).parents[3] / "docs" / "tutorials"
SCRIPT, NOTEBOOK = FOLDER / "first_run.py", FOLDER / "first-run.ipynb"


def cells() -> list[tuple[str, str]]:
    """Kind and text of each cell of the script."""
    found = []
    for part in SCRIPT.read_text(encoding="utf-8").split("# %%")[1:]:
        head, _, body = part.partition("\n")
        if "[markdown]" in head:
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()]
            found.append(("markdown", "\n".join(lines)))
        else:
            found.append(("code", body.strip()))
    return found


def notebook() -> Any:
    """The script as a notebook, without output."""
    made = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for number, (kind, text) in enumerate(cells()):
        new = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        made.cells.append(new(text, id=f"cell-{number}"))
    return made


if __name__ == "__main__":
    nbformat.write(notebook(), NOTEBOOK)
