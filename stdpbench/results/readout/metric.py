"""A measured number with its confidence interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A result of a run, with its 95 % Wilson interval if it is an accuracy."""

    value: float
    low: float | None = None
    high: float | None = None
    interval: str = ""
    """Kind of interval, if there is one."""
    expected: float | None = None
    """What the experiment says to expect."""
