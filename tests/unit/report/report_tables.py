"""Tables of a report, read back."""

from __future__ import annotations

import csv
from pathlib import Path


def rows(target: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a table, by column."""
    with (target / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
