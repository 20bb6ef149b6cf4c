"""Findings of a check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stdpbench.studies.lab.points import Points
from stdpbench.studies.lab.result import Result

_NEGATIVE = re.compile(r"(?<![\w.)])-(?=[\d.])")  # the sign of a number, not a hyphen or an exponent


@dataclass(frozen=True)
class Finding:
    """One row of the table.

    Attributes
    ----------
    what : str
        The quantity and its conditions.
    expected, found, tolerance : str
        Formatted for the table.
    reached : bool
        Whether the expected value was found.
    reference : str
        The theory, or the publication.
    known : str
        Reason for a known mismatch; empty if the values should match.
    """

    what: str
    expected: str
    found: str
    tolerance: str
    reached: bool
    reference: str
    known: str = ""

    @property
    def verdict(self) -> str:
        """``match``, ``mismatch``, ``known`` for a known mismatch, or ``vanished`` if a known mismatch matches."""
        if self.known:
            return "vanished" if self.reached else "known"
        return "match" if self.reached else "mismatch"

    @property
    def as_declared(self) -> bool:
        """Whether the value matches, or is a known mismatch."""
        return self.reached is not bool(self.known)

    @property
    def row(self) -> tuple[str, ...]:
        """Its cells: what, expected, found and tolerance with typographic minus signs, then verdict and reference."""
        texts = (self.what, self.expected, self.found, self.tolerance)
        return (*(_NEGATIVE.sub("\u2212", text) for text in texts), self.verdict, self.reference)


@dataclass(frozen=True, eq=False)
class Panel:
    """One axes of a rule's figure: results, and points from papers."""

    title: str
    results: Sequence[Result]
    points: Sequence[Points] = ()


@dataclass
class Outcome:
    """The findings of the checks of one rule, and the panels to draw."""

    kind: str
    findings: list[Finding] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    @property
    def as_declared(self) -> bool:
        """Whether all values match, except known mismatches."""
        return all(finding.as_declared for finding in self.findings)

    def formula(self, what: str, formula: str, expected: Any, found: Any, tolerance: float, reference: str) -> None:
        """Compare arrays by their largest difference."""
        difference = float(np.abs(np.asarray(found) - np.asarray(expected)).max())
        self.findings.append(
            Finding(
                what,
                formula,
                f"largest difference {difference:.1e}" if difference else "no difference",
                f"{tolerance:.0e}" if tolerance else "exact",
                difference <= tolerance,
                reference,
            )
        )

    def values(self, what: str, expected: Any, found: Any, tolerance: float, reference: str) -> None:
        """Compare a few numbers one by one."""
        wanted, measured = np.atleast_1d(np.asarray(expected, float)), np.atleast_1d(np.asarray(found, float))
        reached = bool((np.abs(wanted - measured) <= tolerance).all())
        self.findings.append(
            Finding(
                what,
                _listed(wanted),
                _listed(measured),
                f"±{tolerance:g}" if tolerance else "exact",
                reached,
                reference,
            )
        )

    def finding(
        self,
        what: str,
        expected: str,
        found: str,
        reached: bool,
        reference: str,
        tolerance: str = "–",
        known: str = "",
    ) -> None:
        """Add a finding that is not a comparison of numbers; `known` is the reason for a known mismatch."""
        self.findings.append(Finding(what, expected, found, tolerance, bool(reached), reference, known))


def _listed(values: Any) -> str:
    return ", ".join("0" if value == 0 else f"{value:.3f}" for value in values)
