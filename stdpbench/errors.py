"""The one exception of the package whose text is meant for the person at the keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class StdpbenchError(Exception):
    """Something the user can fix: the text is one sentence with what was wrong, where, and what would be right."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence per error."""
        return (str(self),)

    def within(self, prefix: str) -> StdpbenchError:
        """The same, with `prefix` in front of every sentence."""
        return several(f"{prefix}{sentence}" for sentence in self.sentences)


class SeveralError(StdpbenchError):
    """Several errors of one file or command line, reported at once; each argument is a sentence."""

    def __str__(self) -> str:
        """All sentences, in one line."""
        return "; ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence per error."""
        return tuple(map(str, self.args))


def several(sentences: Iterable[str]) -> StdpbenchError:
    """The exception for these sentences, of which there is at least one; repeated ones count once."""
    found = tuple(dict.fromkeys(sentences))
    return StdpbenchError(*found) if len(found) == 1 else SeveralError(*found)


class Collector:
    """Collects the errors of parts that are checked independently, so that they are reported together."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """Keep the errors of the enclosed block instead of raising them."""
        try:
            yield
        except StdpbenchError as error:
            self.sentences += error.sentences

    def check(self) -> None:
        """Raise what was collected.

        Raises
        ------
        StdpbenchError
            If there was any error.
        """
        if self.sentences:
            raise several(self.sentences) from None


class DiskError(StdpbenchError):
    """Something could not be written, for want of room or rights; once that is fixed, it may be tried again."""


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
