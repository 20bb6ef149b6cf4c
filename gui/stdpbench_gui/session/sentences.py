"""How long a message stays."""

from __future__ import annotations

_SHORTEST_MS, _PER_LETTER_MS = 8_000, 80


class Lasting(str):
    """A sentence that stays until it no longer holds, or is closed: what went wrong, or the state of a run."""

    __slots__ = ()


class Failed(Lasting):
    """What went wrong with an action: stays until it is closed, another action begins, or another page is shown."""

    __slots__ = ()


def reading_ms(sentence: str) -> int:
    """Return how long a sentence stays in ms; 0 for one that stays: a `Lasting` one, or one about work in progress."""
    stays = isinstance(sentence, Lasting) or sentence.endswith("…") or not sentence
    return 0 if stays else _SHORTEST_MS + _PER_LETTER_MS * len(sentence)


def neurons_of(population: str) -> str:
    """Return what texts call the neurons of a population; some are called ``neurons``."""
    return population if population.endswith("neurons") else f"{population} neurons"


def as_sentence(clause: str) -> str:
    """Return a clause as a sentence; empty for an empty one."""
    return f"{clause[:1].upper()}{clause[1:].rstrip('.')}." if clause else ""
