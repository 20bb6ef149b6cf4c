"""The life of a run: one table, and a picture of it that leaves no state out."""

from __future__ import annotations

from itertools import product

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.protocol.states import TRANSITIONS, State, check_transition

LEGAL = {
    ("queued", "building"),
    ("queued", "stopped"),
    ("building", "running"),
    ("building", "stopped"),
    ("building", "failed"),
    ("running", "paused"),
    ("running", "finishing"),
    ("running", "stopped"),
    ("running", "failed"),
    ("paused", "running"),
    ("paused", "stopped"),
    ("paused", "failed"),
    ("finishing", "paused"),  # where there is no room for what is written
    ("finishing", "finished"),
    ("finishing", "stopped"),
    ("finishing", "failed"),
    ("stopped", "building"),
    ("failed", "building"),
}


@pytest.mark.parametrize(("old", "new"), list(product(State, State)))
def test_every_transition(old, new):
    if (old, new) in LEGAL:
        check_transition(old, new)
        return
    with pytest.raises(StdpbenchError) as error:
        check_transition(old, new)
    message = str(error.value)
    assert old in message
    assert new in message
    assert "\n" not in message
    for legal in TRANSITIONS[old]:
        assert legal in message
    if not TRANSITIONS[old]:
        assert message.endswith("nothing")
