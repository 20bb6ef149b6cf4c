"""The life of a run: one table, and a picture of it that leaves no state out."""

from __future__ import annotations

from itertools import product

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.protocol import states
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


def test_the_table_and_the_picture_leave_no_state_out():
    assert set(TRANSITIONS) == set(State)
    assert states.__doc__ is not None
    picture, _, table = states.__doc__.partition("\n=====")
    for state in State:
        assert state in picture
        assert f"\n{state} " in table


def test_which_states_a_process_works_on_and_which_can_be_resumed():
    assert {state for state in State if state.active} == {"building", "running", "paused", "finishing"}
    assert {state for state in State if state.resumable} == {"stopped", "failed"}
    for state in State:
        assert not (state.active and state.resumable)
        assert state.resumable <= (State.BUILDING in TRANSITIONS[state])


def test_every_state_is_reached_and_only_finished_is_the_end():
    reached, grown = {State.QUEUED}, True
    while grown:
        further = reached | {new for old in reached for new in TRANSITIONS[old]}
        reached, grown = further, further != reached
    assert reached == set(State)
    assert [state for state in State if not TRANSITIONS[state]] == [State.FINISHED]
