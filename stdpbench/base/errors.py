"""Exceptions whose text is meant for the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class StdpbenchError(Exception):
    """An error that the user can fix; one sentence says what was wrong, where, and what would be right."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence per error."""
        return (str(self),)

    def within(self, prefix: str) -> StdpbenchError:
        """Return the same error with `prefix` before every sentence."""
        return several(f"{prefix}{sentence}" for sentence in self.sentences)


class SeveralError(StdpbenchError):
    """Several errors of one file or command line, reported at once; each argument is a sentence."""

    def __str__(self) -> str:
        """Join all sentences in one line."""
        return "; ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence per error."""
        return tuple(map(str, self.args))


def several(sentences: Iterable[str]) -> StdpbenchError:
    """Return the exception for one or more sentences, without repetitions."""
    distinct = tuple(dict.fromkeys(sentences))
    return StdpbenchError(*distinct) if len(distinct) == 1 else SeveralError(*distinct)


class Collector:
    """Collector for the errors of independent checks, which are then reported together."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """Collect the errors of the enclosed block instead of raising them."""
        try:
            yield
        except StdpbenchError as error:
            self.sentences += error.sentences

    def check(self) -> None:
        """Raise the collected errors.

        Raises
        ------
        StdpbenchError
            If there are any errors.
        """
        if self.sentences:
            raise several(self.sentences) from None


class DiskError(StdpbenchError):
    """A write that failed for lack of space or permission; it may be retried once that is fixed."""


@contextmanager
def errors_within(prefix: str) -> Iterator[None]:
    """Add a prefix to every sentence of an error that the enclosed block raises; see `StdpbenchError.within`."""
    try:
        yield
    except StdpbenchError as error:
        raise error.within(prefix) from None


@contextmanager
def disk_errors(problem: str) -> Iterator[None]:
    """Raise a `DiskError` with the problem and its reason if the enclosed block raises an `OSError`."""
    try:
        yield
    except OSError as error:
        raise DiskError(f"{problem}: {error.strerror or error}") from error


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `word` was probably meant to be, or None.

    Parameters
    ----------
    word : str
        The word as typed.
    candidates : iterable of str
        Valid words.
    """
    matches = get_close_matches(word, list(candidates), n=1, cutoff=0.6)
    return matches[0] if matches else None


_MOST_NAMED = 30


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """Return the last clause of an error message: the nearest candidate, else the candidates, at most 30."""
    valid = sorted(candidates)
    match = nearest(word, valid)
    more = f" and {len(valid) - _MOST_NAMED} others" if len(valid) > _MOST_NAMED else ""
    return f"did you mean {match!r}?" if match else f"known are {', '.join(valid[:_MOST_NAMED])}{more}"
