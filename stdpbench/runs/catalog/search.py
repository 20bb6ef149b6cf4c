"""Search for runs by a text that consists of filters, as in ``stdpbench list``, and plain words.

``state=finished vote>0.9 exc.tau_m='80 ms' #paper mnist`` finds runs that pass all three filters, have the tag
``paper``, and have ``mnist`` in their name, title, notes, tags, experiment, state, reason or parent.
Values with spaces must be quoted, except a number followed by its unit.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.filters import Filter
from stdpbench.runs.catalog.store import Entry, check_columns

_UNITS = "s|ms|us|min|V|mV|uV|pF|nS|nA|pA|Hz|kHz|px"
_PART = re.compile(
    r"(?P<column>[\w.-]+)\s*(?P<operator><=|>=|!=|=|<|>)\s*"
    rf"(?P<value>\"[^\"]*\"|'[^']*'|[-+]?[\d.]+(?:[eE][-+]?\d+)?\s+(?:{_UNITS})(?!\S)|[^\s\"']\S*|(?=\s|$))"
    r"|\"(?P<quoted>[^\"]*)\"|(?P<word>\S+)"
)
_OPERATOR = re.compile(r"[<>=]")
_SEARCHED = ("name", "title", "notes", "tags", "experiment", "state", "reason", "parent", "id")


@dataclass(frozen=True)
class Search:
    """A search for runs.

    Attributes
    ----------
    filters : tuple of Filter
        Filters, all of which must pass.
    words : tuple of str
        Words, all of which must occur in the name, title, notes, tags, experiment, state, reason, parent or id,
        ignoring case.
    """

    filters: tuple[Filter, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Search:
        """Parse a search text.

        Raises
        ------
        StdpbenchError
            If a filter is malformed, or names an unknown state.
        """
        filters: list[Filter] = []
        words: list[str] = []
        for match in _PART.finditer(text):
            if match["column"]:
                value = match["value"].strip()
                if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
                    value = value[1:-1]
                filters.append(Filter.parse(f"{match['column']}{match['operator']}{value}"))
            elif match["quoted"] is not None:
                words.append(match["quoted"].lower())
            elif _OPERATOR.search(match["word"]):
                raise StdpbenchError(
                    f"invalid filter {match['word']!r}: expected COLUMN=VALUE, such as state=finished or vote>0.9, or "
                    "a word"
                )
            elif match["word"].startswith("#") and len(match["word"]) > 1:
                filters.append(Filter("tags", "=", match["word"].removeprefix("#")))
            else:
                words.append(match["word"].lower())
        return cls(tuple(filters), tuple(word for word in words if word))

    def passes(self, entry: Entry) -> bool:
        """Return whether a run matches the search."""
        if self.words:
            text = "\n".join(str(getattr(entry, name)) for name in _SEARCHED).lower()
            if not all(word in text for word in self.words):
                return False
        return all(condition.passes(entry.value(condition.column)) for condition in self.filters)


def find_runs(entries: Collection[Entry], search: Search) -> list[Entry]:
    """Return the runs that match a search, in the order of `entries`.

    Parameters
    ----------
    entries : collection of Entry
        All runs, with the columns that are needed.
    search : Search
        The search.

    Raises
    ------
    StdpbenchError
        If no run has the column of a filter.
    """
    check_columns([condition.column for condition in search.filters], entries)
    return [entry for entry in entries if search.passes(entry)]
