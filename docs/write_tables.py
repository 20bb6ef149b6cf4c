"""Write the tables of the pages from the measurements in benchmarks/results.

    python docs/write_tables.py            # write them
    python docs/write_tables.py --check    # name the pages that differ from the measurements, and fail

A page has a table between the lines ``<!-- generated: benchmarks/results/NAME.csv -->`` and ``<!-- end -->``. The
file begins with lines such as ``# command: stdpbench run digits``, ``# date: …`` and ``# machine: …``. The columns
``x SD``, or ``x low`` and ``x high`` (a 95 % interval unless ``# note`` says otherwise), are printed beside ``x``.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"(?ms)^<!-- generated: (\S+\.csv) -->\n.*?^<!-- end -->$")
SPREADS = (" SD", " low", " high")


def read(file: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return the conditions of a measurement (command, date, machine, note) and its rows."""
    lines = file.read_text(encoding="utf-8").splitlines()
    about = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    return about, list(csv.DictReader(line for line in lines if not line.startswith("# ")))


def cell(row: dict[str, str], column: str) -> str:
    """Return a value with its spread, for a Markdown table."""
    text = row[column] or "–"
    if row.get(f"{column} SD"):
        text += f" ± {row[f'{column} SD']}"
    if row.get(f"{column} low"):
        text += f" ({row[f'{column} low']} to {row[f'{column} high']})"
    return re.sub(r"(?<![\w.–])-(?=\d)", "−", text).replace("|", "\\|")


def table(file: Path, page: Path) -> str:
    """Return a file as a Markdown table, below which stand its command, its date, and a link to it."""
    about, rows = read(file)
    columns = [column for column in rows[0] if not column.endswith(SPREADS)]
    lines = [columns, ["---"] * len(columns), *([cell(row, column) for column in columns] for row in rows)]
    link = f"[{file.name}]({Path(os.path.relpath(file, page.parent)).as_posix()})"
    source = f"`{about['command']}`, {about['date']} ({link})"
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", source])


def written(page: Path) -> str:
    """Return the text of a page with its tables as the measurements have them."""
    return BLOCK.sub(
        lambda block: f"<!-- generated: {block[1]} -->\n\n{table(ROOT / block[1], page)}\n\n<!-- end -->",
        page.read_text(encoding="utf-8"),
    )


def main() -> None:
    """Write the tables of all pages, or only compare them."""
    differing = [page for page in PAGES if written(page) != page.read_text(encoding="utf-8")]
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"{page.relative_to(ROOT)}: run docs/write_tables.py" for page in differing) or 0)
    for page in differing:
        page.write_text(written(page), encoding="utf-8")


if __name__ == "__main__":
    main()
