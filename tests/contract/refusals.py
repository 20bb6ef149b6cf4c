"""What a user is told when something is refused: one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stdpbench.base.errors import StdpbenchError


@contextmanager
def refused(*parts: str, match: str | None = None, alone: bool = False) -> Iterator[None]:
    """Expect that the block is refused in one line that has these parts and matches a pattern.

    `alone`: in one sentence, too, while several may stand in a line.
    """
    with pytest.raises(StdpbenchError, match=match) as caught:
        yield
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert not alone or len(caught.value.sentences) == 1
    assert [part for part in parts if part not in sentence] == [], sentence
