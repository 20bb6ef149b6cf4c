"""Curves on the Rules page, for its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from stdpbench.studies.lab.result import Result
from stdpbench_gui.pages.rules.page import RulesPage


def settled(page: RulesPage) -> bool:
    """Return whether all curves are computed and drawn."""
    return not page.curves.busy and not any(plot._tick.isActive() or plot._drawing.isActive() for plot in page.plots)


def now(page: RulesPage, place: int = 0) -> Result:
    return page.plots[place]._results[-1]


def window_of(x: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Return the theoretical window of the additive pair rule."""
    return np.where(x > 0, 0.01, -0.0105) * np.exp(-np.abs(x) / 20)
