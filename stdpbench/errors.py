"""The one exception of the package whose text is meant for the person at the keyboard."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class StdpbenchError(Exception):
    """Something the user can mend: the text is one sentence with what was wrong, where, and what would be right."""


class DiskError(StdpbenchError):
    """Something could not be written, for want of room or rights; when that is mended, it may be tried again."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` was probably meant to be, or None.

    Parameters
    ----------
    word : str
        What was typed.
    candidates : iterable of str
        What would have been right.
    """
    matches = get_close_matches(word, list(candidates), n=1, cutoff=0.6)
    return matches[0] if matches else None


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """A clause that ends an error sentence: the nearest candidate, else all of them."""
    known = sorted(candidates)
    near = nearest(word, known)
    return f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
