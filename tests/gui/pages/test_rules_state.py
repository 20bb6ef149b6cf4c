"""State of the Rules page, without the page."""

from __future__ import annotations

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench_gui.pages.rules.state import MOST_KEPT, RulesState


def test_too_many_kept_curves_are_refused() -> None:
    state = RulesState(None)  # type: ignore[arg-type]  # nobody's
    for _ in range(MOST_KEPT):
        state.keep()
    with pytest.raises(StdpbenchError, match="curves can be kept; remove one first"):
        state.keep()
    assert len({kept.name for kept in state.kept}) == MOST_KEPT
    state.remove_compared(2)
    assert state.keep().number == 2  # its style is free again
