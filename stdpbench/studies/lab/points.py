"""Experimental points to draw with curves: shipped points, and points of a CSV file.

Errors of a file are one sentence with a line number. This module needs neither Brian2 nor matplotlib.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_text
from stdpbench.base.units import signed

FREQUENCIES = (0.1, 10.0, 20.0, 40.0, 50.0)
SJOESTROEM_DATA = {
    10.0: (np.array([-0.04, 0.14, 0.29, 0.53, 0.56]), np.array([0.05, 0.10, 0.14, 0.11, 0.26])),
    -10.0: (np.array([-0.29, -0.41, -0.34, 0.56, 0.75]), np.array([0.08, 0.11, 0.10, 0.32, 0.19])),
}
"""Relative weight change and its standard error, by Δt in ms, at `FREQUENCIES`; as in Pfister & Gerstner (2006)."""
SJOESTROEM = "Sjöström et al. 2001"
HIPPOCAMPUS_PAIRS = (10.0, -10.0)
HIPPOCAMPUS_SEPARATIONS = (-89.0, 84.0, 20.0)
HIPPOCAMPUS_DATA = {
    "pairs": (np.array([0.25, -0.17]), np.array([0.05, 0.05])),
    "triplets": (
        np.array([-0.01, 0.03, 0.01, 0.24, 0.33, 0.34, 0.22, 0.29]),
        np.array([0.04, 0.04, 0.03, 0.06, 0.04, 0.04, 0.08, 0.05]),
    ),
    "quadruplets": (np.array([-0.003, 0.06, 0.21]), np.array([0.03, 0.04, 0.04])),
}
"""Relative weight change and its standard error by 60 repetitions at 1 Hz: of pairs (Δt in ms in `HIPPOCAMPUS_PAIRS`),
of the triplets `stdpbench.studies.lab.protocols.TRIPLETS`, and of quadruplets (T in ms in `HIPPOCAMPUS_SEPARATIONS`).
The 13 points to which Pfister & Gerstner (2006) fit table 4, as two published re-implementations list them; not
checked against the printed figures."""
WANG = "Wang et al. 2005"
_LARGEST = 2_000_000  # bytes of a file
_MOST = 10_000  # points


@dataclass(frozen=True, eq=False)
class Points:
    """Points from a paper or an experiment, to draw in a figure.

    Attributes
    ----------
    label : str
        Their source.
    x, y : ndarray, float64, (n,)
        The points, in the units of the figure.
    error : ndarray, float64, (n,), or None
        Half the length of their error bars.
    protocol : str
        The protocol that they belong to.
    about : str
        Full source, and the meaning of the error bars.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error: NDArray[np.float64] | None = None
    protocol: str = ""
    about: str = ""


def sjoestroem() -> list[Points]:
    """Return points for pairs over frequency in visual cortex: Δt = +10 ms, then -10 ms."""
    about = (
        "60 pairs (layer 5, rat visual cortex) by Sjöström, Turrigiano & Nelson 2001, "
        "doi:10.1016/S0896-6273(01)00542-6, read from Pfister & Gerstner 2006. Change relative to the start: compare "
        "with curves of starting weight 1, or of additive rules. Bars: standard error"
    )
    return [
        Points(f"{SJOESTROEM}, Δt = {signed(dt, 'g')} ms", np.array(FREQUENCIES), *values, "frequency", about)
        for dt, values in SJOESTROEM_DATA.items()
    ]


def wang(protocol: str) -> Points:
    """Return points for triplets or quadruplets in hippocampal culture, by the name of the protocol."""
    about = (
        f"60 {protocol} at 1 Hz (hippocampal culture) by Wang, Gerkin, Nauen & Bi 2005, doi:10.1038/nn1387, as "
        "Pfister & Gerstner 2006 use them. Bars: standard error"
    )
    change, error = HIPPOCAMPUS_DATA[protocol]
    x = np.array(HIPPOCAMPUS_SEPARATIONS) if protocol == "quadruplets" else np.arange(len(change), dtype=np.float64)
    return Points(WANG, x, change, error, protocol, about)


SHIPPED = {f"{SJOESTROEM}: pairs over frequency": sjoestroem}
"""Shipped points, by name."""


def read_points(path: Path, protocol: str = "pair-window") -> Points:
    """Read points from a CSV file: x, y, and an error if there is a third column.

    Columns are separated by commas, semicolons, tabs or spaces; with the last three, decimals may have a comma. Lines
    that begin with ``#`` and a header line are skipped.

    Parameters
    ----------
    path : Path
        The file.
    protocol : str
        The protocol whose x is in the first column: Δt in ms, or what the protocol varies.

    Raises
    ------
    StdpbenchError
        If it cannot be read, with the number of the offending line.
    """
    rows = _rows(read_text(path, _LARGEST), path.name)
    n_columns = len(rows[0][1])
    for number, row in rows:
        if len(row) != n_columns:
            raise StdpbenchError(
                f"{path.name}, line {number}: {len(row)} columns, but the lines before have {n_columns}"
            )
        if n_columns > 2 and row[2] < 0:
            raise StdpbenchError(f"{path.name}, line {number}: the error must be at least 0, not {row[2]:g}")
    table = np.array([row for _, row in rows], np.float64)
    bars = table[:, 2] if n_columns > 2 else None
    about = f"{len(rows)} points of {path.name}" + (". Bars: third column of the file" if n_columns > 2 else "")
    return Points(path.stem, table[:, 0], table[:, 1], bars, protocol, about)


def _rows(text: str, name: str) -> list[tuple[int, list[float]]]:
    """Return the numbers of each line that has any, with the line number; a header line is skipped."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    split = _splitter([line for _, line in lines])
    rows: list[tuple[int, list[float]]] = []
    for place, (number, line) in enumerate(lines):
        cells = split(line)
        values = [_number(cell) for cell in cells[:3]]
        if place == 0 and all(value is None for value in values):
            continue
        if len(values) < 2:
            raise StdpbenchError(f"{name}, line {number}: expected two numbers, x and y, not {line[:40]!r}")
        numbers = [value for value in values if value is not None]
        if len(numbers) < len(values):
            wrong = cells[values.index(None)]
            raise StdpbenchError(f"{name}, line {number}: {wrong[:40]!r} is not a number")
        rows.append((number, numbers))
        if len(rows) > _MOST:
            raise StdpbenchError(f"{name}, line {number}: more than {_MOST} points cannot be drawn")
    if not rows:
        raise StdpbenchError(f"{name} contains no points; expected lines such as '10, 0.5' or '10, 0.5, 0.1'")
    return rows


def _splitter(lines: Sequence[str]) -> Any:
    """Return a function that splits a line, according to the separator that most lines use."""

    def cells(line: str, separator: str) -> list[str]:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]

    for separator in (";", "\t"):
        if sum(separator in line for line in lines) * 2 > len(lines):
            return lambda line: [cell.replace(",", ".") for cell in cells(line, separator)]
    if sum("," in line for line in lines) * 2 > len(lines):
        return lambda line: cells(line, ",")
    return lambda line: line.split()


def _number(text: str) -> float | None:
    try:
        value = float(text.replace("\u2212", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
