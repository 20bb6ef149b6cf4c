"""What a person types to find runs: the filters of ``stdpbench list``, and plain words.

``state=finished vote>0.9 exc.tau_m='80 ms' mnist`` asks for runs that pass all three filters and have ``mnist`` in
their name, experiment, state, reason or parent. A value with a space stands in quotes; a number may have its unit
behind it without.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from stdpbench.errors import StdpbenchError
from stdpbench.runs.catalog.filters import Filter, order
from stdpbench.runs.catalog.store import Entry, check_columns

_UNITS = "s|ms|us|min|V|mV|uV|pF|nS|nA|pA|Hz|kHz|px"
_PART = re.compile(
    r"(?P<column>[\w.-]+)\s*(?P<operator><=|>=|!=|=|<|>)\s*"
    rf"(?P<value>\"[^\"]*\"|'[^']*'|[-+]?[\d.]+(?:[eE][-+]?\d+)?\s+(?:{_UNITS})(?!\S)|[^\s\"']\S*|(?=\s|$))"
    r"|\"(?P<quoted>[^\"]*)\"|(?P<word>\S+)"
)
_OPERATOR = re.compile(r"[<>=]")
_LOOKED_AT = ("name", "experiment", "state", "reason", "parent", "id")


@dataclass(frozen=True)
class Search:
    """What runs are looked for.

    Attributes
    ----------
    filters : tuple of Filter
        Each must be passed.
    words : tuple of str
        Each must occur, in any case of letters, in the name, experiment, state, reason, parent or id.
    """

    filters: tuple[Filter, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Search:
        """Read what was typed.

        Raises
        ------
        StdpbenchError
            If something looks like a filter and is none, or a state is named that there is not.
        """
        filters: list[Filter] = []
        words: list[str] = []
        for part in _PART.finditer(text):
            if part["column"]:
                value = part["value"].strip()
                if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
                    value = value[1:-1]
                filters.append(Filter.parse(f"{part['column']}{part['operator']}{value}"))
            elif part["quoted"] is not None:
                words.append(part["quoted"].lower())
            elif _OPERATOR.search(part["word"]):
                raise StdpbenchError(
                    f"{part['word']!r} is no filter: write COLUMN=VALUE, such as state=finished or vote>0.9, or a word"
                )
            else:
                words.append(part["word"].lower())
        return cls(tuple(filters), tuple(word for word in words if word))

    def passes(self, entry: Entry) -> bool:
        """Whether a run is one of those that are looked for."""
        if self.words:
            text = "\n".join(str(getattr(entry, name)) for name in _LOOKED_AT).lower()
            if not all(word in text for word in self.words):
                return False
        return all(one.passes(entry.value(one.column)) for one in self.filters)


def found(entries: Collection[Entry], search: Search, sort: str = "") -> list[Entry]:
    """Runs that are looked for, sorted.

    Parameters
    ----------
    entries : collection of Entry
        All there are, with what is asked of them.
    search : Search
        Which of them.
    sort : str
        Column to sort by, with ``-`` in front for the largest first; empty: as they come.

    Raises
    ------
    StdpbenchError
        If no run here has a column that is filtered by.
    """
    check_columns([one.column for one in search.filters], entries)
    chosen: Iterable[Entry] = (entry for entry in entries if search.passes(entry))
    if not sort:
        return list(chosen)
    column = sort.removeprefix("-")
    return order(chosen, lambda entry: entry.value(column), sort.startswith("-"))
