"""What all tests of runs share: the usual run, and processes that a failing test leaves behind are ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness import finished, new_run, processes_ended


@pytest.fixture(autouse=True)
def _no_process_left() -> Iterator[None]:
    with processes_ended():
        yield


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What comes out of the usual run."""
    return finished(new_run(tmp_path_factory.mktemp("undisturbed")))
