"""Reports whose figures nobody looks at."""

from __future__ import annotations

import pytest


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures of a page empty: drawing them takes most of the time of a small report."""
    monkeypatch.setattr("stdpbench.results.figures.saving.embedded", lambda *_, **__: "<svg></svg>")
