"""Processes of runs that a failing test leaves behind are ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness import processes_ended


@pytest.fixture(autouse=True)
def _no_process_left() -> Iterator[None]:
    with processes_ended():
        yield
