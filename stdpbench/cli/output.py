"""Write results to standard output: JSON, and paragraphs that fit the terminal; without heavy imports."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import Any

from stdpbench.base.text_table import terminal_width


def write_json(record: Any) -> None:
    """Write a record as one line of JSON."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


def wrapped(text: str) -> str:
    """Return a paragraph as lines that fit the terminal, broken between words."""
    return textwrap.fill(text, min(terminal_width(), 10**6), break_long_words=False, break_on_hyphens=False) + "\n"
