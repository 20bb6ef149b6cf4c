"""Measured weight changes with their protocols, to fit rules to: published sets, and CSV files.

Each point is the relative weight change after repeated pairs, triplets or quadruplets of spikes. Errors of a file are
one sentence with a line number.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.files import read_text
from stdpbench.base.units import signed
from stdpbench.studies.lab.points import (
    FREQUENCIES,
    HIPPOCAMPUS_DATA,
    HIPPOCAMPUS_PAIRS,
    HIPPOCAMPUS_SEPARATIONS,
    SJOESTROEM,
    SJOESTROEM_DATA,
    TRIPLETS,
    WANG,
    Points,
)

Floats = NDArray[np.float64]
AMPLITUDES = "amplitudes"
"""Protocol of the amplitudes of spikes in a train, from which short-term plasticity is fitted."""
_LARGEST = 2_000_000  # bytes of a file
_MOST_SPIKES = 1_000_000
_LARGEST_CHANGE = 20.0
_WITHIN_PAIR = 5.0  # ms, within the pairs of a quadruplet


@dataclass(frozen=True)
class Point:
    """A measured weight change.

    Attributes
    ----------
    protocol : str
        ``"pairs"``, ``"triplets in-out-in"``, ``"triplets out-in-out"`` or ``"quadruplets"``; or ``"amplitudes"``: of
        the last of `repeats` input spikes, which follows the one before after `dt`, if that is not 0.
    dt, dt2 : float, ms
        Output spike minus input spike, of the first and of the second pair. Of a quadruplet, `dt` is the distance of
        the spikes within each pair, and `dt2` the time between the middles of the pairs: positive if the output spike
        comes first in the first pair.
    frequency : float, Hz
        Repetitions per second.
    repeats : int
        Number of repetitions.
    change : float
        Relative weight change; of an amplitude, its change from that of the first spike.
    error : float or None
        Its standard error.
    """

    protocol: str
    dt: float
    dt2: float
    frequency: float
    repeats: int
    change: float
    error: float | None = None

    @property
    def label(self) -> str:
        """Short name of the point within a set, for tables and figures."""
        if self.protocol == "pairs":
            return f"Δt {signed(self.dt, 'g')} ms, {self.frequency:g} Hz"
        if self.protocol == "quadruplets":
            return f"T {signed(self.dt2, 'g')} ms"
        if self.protocol == AMPLITUDES:
            return f"spike {self.repeats}, {self.frequency:g} Hz" + (f", after {self.dt:g} ms" if self.dt else "")
        return f"{self.protocol.partition(' ')[2]} {signed(self.dt, 'g')}, {signed(self.dt2, 'g')} ms"

    @property
    def group(self) -> tuple[str, float]:
        """Protocol and frequency: points that are left out together."""
        return self.protocol.partition(" ")[0], self.frequency

    def trains(self) -> tuple[Floats, Floats]:
        """Return the times of input and output spikes, seconds."""
        at, dt, dt2 = np.arange(self.repeats) / self.frequency, self.dt * 1e-3, self.dt2 * 1e-3
        if self.protocol == "pairs":
            return at - dt, at
        if self.protocol == AMPLITUDES:
            if dt:
                at[-1] = at[-2] + dt
            return at, np.empty(0)
        if self.protocol == "quadruplets":
            middles = np.concatenate([at, at - dt2])
            sides = np.repeat([dt / 2, -dt / 2], len(at))
            return np.sort(middles - sides), np.sort(middles + sides)
        around = np.sort(np.concatenate([at - abs(dt), at + abs(dt2)]))
        return (around, at) if self.protocol == "triplets in-out-in" else (at, around)


@dataclass(frozen=True)
class DataSet:
    """Points of one source.

    Attributes
    ----------
    name : str
        Its name.
    about : str
        Source, preparation, and meaning of the errors.
    points : tuple of Point
        The points; all or none have an error.
    title : str
        Its name in figures; default: `name`.
    """

    name: str
    about: str
    points: tuple[Point, ...]
    title: str = ""

    def drawn(self) -> list[Points]:
        """Return the points as they are drawn with the curves of protocols.

        Pairs of one Δt and several frequencies are drawn over frequency, others over Δt. Triplets of other timings
        than those of Wang et al. are not drawn.
        """
        rows = dict[tuple[str, str], list[tuple[float, Point]]]()
        frequencies = dict[float, set[float]]()
        for point in (point for point in self.points if point.protocol == "pairs"):
            frequencies.setdefault(point.dt, set()).add(point.frequency)
        several = tuple(dt for dt, each in frequencies.items() if len(each) > 1)
        for point in self.points:
            if point.protocol == "pairs":
                if point.dt in several:
                    key = "frequency", f"Δt = {signed(point.dt, 'g')} ms"
                    rows.setdefault(key, []).append((point.frequency, point))
                else:
                    rows.setdefault(("pair-window", f"{point.frequency:g} Hz"), []).append((point.dt, point))
            elif point.protocol == "quadruplets":
                rows.setdefault(("quadruplets", ""), []).append((point.dt2, point))
            elif (timing := (point.protocol.partition(" ")[2], point.dt, point.dt2)) in TRIPLETS:
                rows.setdefault(("triplets", ""), []).append((TRIPLETS.index(timing), point))
        return [
            Points(
                ", ".join(filter(None, (self.title or self.name, what))),
                np.array([x for x, _ in row]),
                np.array([point.change for _, point in row]),
                None if row[0][1].error is None else np.array([point.error for _, point in row], np.float64),
                protocol,
                self.about,
                _options(protocol, row[0][1], several),
            )
            for (protocol, what), row in rows.items()
        ]


def _options(protocol: str, point: Point, several: tuple[float, ...]) -> dict[str, Any]:
    """Return the options of a protocol that it was measured with, at a point and at Δt with several frequencies."""
    if protocol == "frequency":
        return {"pairs": point.repeats, "dts": several}
    return {"pairs" if protocol == "pair-window" else "repeats": point.repeats, "frequency": point.frequency}


def _sjoestroem() -> DataSet:
    points = [
        Point("pairs", dt, 0.0, frequency, 60, float(change), float(error))
        for dt, (changes, errors) in SJOESTROEM_DATA.items()
        for frequency, change, error in zip(FREQUENCIES, changes, errors, strict=True)
    ]
    about = (
        "60 pairs (layer 5, rat visual cortex) by Sjöström, Turrigiano & Nelson 2001, "
        "doi:10.1016/S0896-6273(01)00542-6, read from Pfister & Gerstner 2006. Change relative to the start: compare "
        "with curves of starting weight 1, or of additive rules. Bars: standard error"
    )
    return DataSet("sjoestroem-2001", about, tuple(points), SJOESTROEM)


def _wang() -> DataSet:
    given: dict[str, Sequence[tuple[str, float, float]]] = {
        "pairs": [("pairs", dt, 0.0) for dt in HIPPOCAMPUS_PAIRS],
        "triplets": [(f"triplets {order}", first, second) for order, first, second in TRIPLETS],
        "quadruplets": [("quadruplets", _WITHIN_PAIR, separation) for separation in HIPPOCAMPUS_SEPARATIONS],
    }
    points = [
        Point(protocol, dt, dt2, 1.0, 60, float(change), float(error))
        for part, timings in given.items()
        for (protocol, dt, dt2), change, error in zip(timings, *HIPPOCAMPUS_DATA[part], strict=True)
    ]
    about = (
        "60 repetitions at 1 Hz (hippocampal culture) by Wang, Gerkin, Nauen & Bi 2005, doi:10.1038/nn1387, as "
        "Pfister & Gerstner 2006 use them. Bars: standard error"
    )
    return DataSet("wang-2005", about, tuple(points), WANG)


PUBLISHED = {"sjoestroem-2001": _sjoestroem, "wang-2005": _wang}
"""Published sets, by name."""

CANDIDATES = (
    *(
        Point("pairs", dt, 0.0, f, 60, 0.0)
        for dt in (-40, -20, -10, -5, 5, 10, 20, 40)
        for f in (0.1, 1, 5, 10, 20, 40)
    ),
    *(Point("triplets in-out-in", a, -b, 1.0, 60, 0.0) for a in (5, 10, 20) for b in (5, 10, 20)),
    *(Point("triplets out-in-out", -a, b, 1.0, 60, 0.0) for a in (5, 10, 20) for b in (5, 10, 20)),
    *(Point("quadruplets", 5.0, separation, 1.0, 60, 0.0) for separation in (-60, -40, -20, 20, 40, 60)),
)
"""Protocols among which `most_telling` chooses, and whose change the map of the app shows."""

_UNITS = {
    "dt": {"ms": 1.0, "s": 1000.0},
    "dt2": {"ms": 1.0, "s": 1000.0},
    "frequency": {"hz": 1.0},
    "repeats": {"": 1.0},
    "change": {"%": 0.01, "": 1.0},
    "error": {"%": 0.01, "": 1.0},
    "amplitude": {"%": 0.01, "": 1.0},
    "spike": {"": 1.0},
}
_USUAL = {"dt2": 0.0, "frequency": 1.0, "repeats": 60.0}
_NEEDED = ("dt", "change")
_OF_AMPLITUDES = ("spike", "frequency", "amplitude")
_HEADING = re.compile(r"(\w+)\s*(?:[(\[]\s*([^)\]]*?)\s*[)\]])?")


def data_set(source: str | Path) -> DataSet:
    """Return a published set by its name, or read a CSV file.

    The first line of a file names its columns, with their units: ``dt (ms)`` and ``change (%)`` are needed;
    ``error`` (the standard error), ``protocol`` (as in `Point`; default: pairs), ``dt2 (ms)``, ``frequency (Hz)``
    (default: 1) and ``repeats`` (default: 60) may follow. A change without ``%`` is a part: 0.5 is 50 %. Lines that
    begin with ``#`` describe the data.

    For short-term plasticity, columns are ``spike``, ``frequency (Hz)`` and ``amplitude (%)``: the number of a spike
    in a train, and its amplitude relative to the first. ``dt (ms)`` may give its distance from the spike before.

    Raises
    ------
    StdpbenchError
        If there is no such set, or the file is not valid; with the line.
    """
    name = str(source)
    if name in PUBLISHED:
        return PUBLISHED[name]()
    path = Path(source).expanduser()
    if not path.is_file():
        raise StdpbenchError(f"{name!r} is neither a published data set nor a file; {suggestion(name, PUBLISHED)}")
    return read_points(read_text(path, _LARGEST), path.name)


def read_points(text: str, file: str) -> DataSet:
    """Return the points of a text like a file of `data_set`; errors name the file.

    Raises
    ------
    StdpbenchError
        If it is not valid; with the line.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    about = " ".join(line.lstrip("# ").strip() for _, line in lines if line.startswith("#"))
    rows = [(number, line) for number, line in lines if not line.startswith("#")]
    if not rows:
        raise StdpbenchError(f"{file} is empty; its first line names its columns, such as 'dt (ms), change (%)'")
    separator = max(";\t,", key=rows[0][1].count)
    cells = [[cell.strip() for cell in row] for row in csv.reader([line for _, line in rows], delimiter=separator)]
    columns = _columns(cells[0], f"{file}, line {rows[0][0]}")
    points = tuple(
        _point(dict(zip(columns, row, strict=False)), columns, f"{file}, line {number}")
        for (number, _), row in zip(rows[1:], cells[1:], strict=True)
    )
    if not points:
        raise StdpbenchError(f"{file} names columns, but has no points")
    return DataSet(Path(file).stem, about or f"{len(points)} points of {file}", points)


def _columns(headings: Sequence[str], where: str) -> dict[str, float]:
    """Return the columns with the factor of their units."""
    columns = dict[str, float]()
    for heading in headings:
        match = _HEADING.fullmatch(heading)
        name, unit = (match[1].lower(), (match[2] or "").lower()) if match else (heading, "")
        if name not in (*_UNITS, "protocol") or name in columns:
            problem = "comes twice" if name in columns else "is not a column"
            raise StdpbenchError(f"{where}: {heading!r} {problem}; columns are protocol, {', '.join(_UNITS)}")
        units = _UNITS.get(name, {"": 1.0})
        if unit not in units:
            choices = " or ".join(f"'{name} ({each})'" if each else f"'{name}'" for each in units)
            raise StdpbenchError(f"{where}: {heading!r} must be {choices.replace('(hz)', '(Hz)')}")
        columns[name] = units[unit]
    needed = _OF_AMPLITUDES if "amplitude" in columns else _NEEDED
    if missing := [name for name in needed if name not in columns]:
        raise StdpbenchError(f"{where}: there is no column {missing[0]!r}; the first line names the columns")
    return columns


_PROTOCOLS = ("pairs", "triplets in-out-in", "triplets out-in-out", "quadruplets")


def _point(row: dict[str, str], columns: dict[str, float], where: str) -> Point:
    protocol = AMPLITUDES if "amplitude" in columns else row.pop("protocol", "") or "pairs"
    if "amplitude" not in columns and protocol not in _PROTOCOLS:
        raise StdpbenchError(f"{where}: there is no protocol {protocol!r}; known are {', '.join(_PROTOCOLS)}")
    values = dict(_USUAL, **({"dt": 0.0} if protocol == AMPLITUDES else {}))
    for name in columns.keys() - {"protocol"}:
        text = row.get(name, "").replace("\u2212", "-").replace(",", ".")
        if not text and name in values:
            continue
        try:
            values[name] = float(text) * columns[name]
        except ValueError:
            raise StdpbenchError(f"{where}: {name} must be a number, not {text!r}") from None
        if not math.isfinite(values[name]):
            raise StdpbenchError(f"{where}: {name} must be finite, not {text}")
    if protocol == AMPLITUDES:
        values["change"], values["repeats"] = values.pop("amplitude") - 1, values.pop("spike")
        if values["repeats"] < 2 or values["repeats"] % 1 or values["dt"] < 0:
            raise StdpbenchError(
                f"{where}: spike must be a whole number from 2, as amplitudes are relative to the first, and dt not "
                "negative"
            )
    for name in ("frequency", "repeats", "error"):
        if values.get(name, 1.0) <= 0:
            raise StdpbenchError(f"{where}: {name} must be above 0, not {values[name]:g}")
    if not 1 <= values["repeats"] <= _MOST_SPIKES or values["repeats"] % 1:
        raise StdpbenchError(
            f"{where}: repeats must be a whole number up to {_MOST_SPIKES}, not {values['repeats']:g}"
        )
    if not -1 <= values["change"] <= _LARGEST_CHANGE:
        change = f"a change of {100 * values['change']:g} %"
        raise StdpbenchError(f"{where}: {change} cannot be; is the column in per cent, 'change (%)'?")
    signs = {"triplets in-out-in": (1, -1), "triplets out-in-out": (-1, 1)}.get(protocol)
    if signs and (np.sign(values["dt"]), np.sign(values["dt2"])) != signs:
        order = " and then ".join("a positive" if sign > 0 else "a negative" for sign in signs)
        raise StdpbenchError(f"{where}: {protocol} have {order} time (dt, dt2)")
    if protocol == "quadruplets" and not (values["dt"] and values["dt2"]):
        raise StdpbenchError(f"{where}: dt and dt2 of quadruplets must not be 0")
    return Point(
        protocol,
        values["dt"],
        values["dt2"],
        values["frequency"],
        int(values["repeats"]),
        values["change"],
        values.get("error"),
    )
