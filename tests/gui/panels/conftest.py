"""Fixtures that tests of several panels use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from synthetic import Asked

from stdpbench_gui.look.motion import motion
from stdpbench_gui.session.run_session import RunSession


@pytest.fixture
def unlimited_redraws() -> Iterator[None]:
    """Draw every picture at once, however fast they follow each other."""
    motion.fast_flicker = True
    yield
    motion.fast_flicker = motion.reduced = False


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Requests that are sent to the run, by name and arguments."""
    found: Asked = []
    monkeypatch.setattr(RunSession, "connected", property(lambda self: True))
    monkeypatch.setattr(
        RunSession, "request", lambda self, name, then=None, refused=None, **more: found.append((name, more))
    )
    return found
