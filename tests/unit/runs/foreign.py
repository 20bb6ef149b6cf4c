"""Files of others, which stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DEAD: Final = 2**22 + 1
"""No process has this number."""


def listing(folder: Path) -> list[str]:
    """Everything in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
