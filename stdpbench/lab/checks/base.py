"""Findings of a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stdpbench.lab.points import Points
from stdpbench.lab.result import Result


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
    """

    what: str
    expected: str
    found: str
    tolerance: str
    reached: bool
    reference: str

    @property
    def verdict(self) -> str:
        """``match`` or ``mismatch``."""
        return "match" if self.reached else "mismatch"


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
    def reached(self) -> bool:
        """Whether all values match."""
        return all(finding.reached for finding in self.findings)

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
        one, other = np.atleast_1d(np.asarray(expected, float)), np.atleast_1d(np.asarray(found, float))
        reached = bool((np.abs(one - other) <= tolerance).all())
        self.findings.append(
            Finding(
                what, _listed(one), _listed(other), f"±{tolerance:g}" if tolerance else "exact", reached, reference
            )
        )

    def finding(
        self, what: str, expected: str, found: str, reached: bool, reference: str, tolerance: str = "–"
    ) -> None:
        """Add a finding that is not a comparison of numbers."""
        self.findings.append(Finding(what, expected, found, tolerance, bool(reached), reference))


def _listed(values: Any) -> str:
    return ", ".join("0" if value == 0 else f"{value:.3f}" for value in values)
