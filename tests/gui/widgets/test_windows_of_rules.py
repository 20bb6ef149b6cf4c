"""The windows of rules in lists are those of the rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"


def test_the_pictures_of_rules_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    import make_windows

    try:
        kept = json.loads(make_windows.WINDOWS.read_text(encoding="utf-8"))
        made = make_windows.windows()
        assert kept.keys() == made.keys()
        for kind, change in made.items():
            assert kept[kind] == pytest.approx(change, abs=0.02), kind
    finally:
        del sys.modules["make_windows"]
