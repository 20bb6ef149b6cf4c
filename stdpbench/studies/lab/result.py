"""The result of a protocol: a frozen value with arrays, and its CSV and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.results.figures.paper import table_text


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve of a result.

    Attributes
    ----------
    label : str
        Its label among the curves; ``""`` if there is only one.
    change : ndarray, float64, (n,)
        The quantity of the result at each x.
    spread : ndarray, float64, (n,), or None
        Its standard deviation over repetitions, for random protocols.
    """

    label: str
    change: NDArray[np.float64]
    spread: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """The result of a protocol for a rule.

    Attributes
    ----------
    protocol : str
        Its name, as on the command line.
    rule : PlasticityRule
        The rule with its parameters.
    x : ndarray, float64, (n,)
        The varied quantity, in `x_unit`.
    x_name, x_unit : str
        Name and unit of the varied quantity.
    y_name : str
        The measured quantity; weights have no unit.
    curves : tuple of Curve
        The curves.
    conditions : str
        Pairs, frequency, starting weight and bounds, for the caption of any figure.
    remarks : tuple of str
        Sentences, such as why a curve is zero or flat by construction, and whether weights were clipped.
    x_labels : tuple of str
        Labels of x if it is not a number.
    """

    protocol: str
    rule: PlasticityRule
    x: NDArray[np.float64]
    x_name: str
    x_unit: str
    y_name: str
    curves: tuple[Curve, ...]
    conditions: str
    remarks: tuple[str, ...] = ()
    x_labels: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Kind of the rule."""
        return str(getattr(self.rule, "kind", ""))

    @property
    def name(self) -> str:
        """Name of the rule for display: its kind, and the title of a custom rule."""
        return rule_name(self.rule.to_mapping())

    def remarked(self, remark: str) -> Result:
        """Return a copy with an additional remark in front."""
        return replace(self, remarks=(remark, *self.remarks))

    def columns(self) -> dict[str, list[Any]]:
        """Return all numbers by column heading."""
        table: dict[str, list[Any]] = {f"{self.x_name} ({self.x_unit})" if self.x_unit else self.x_name: []}
        (first,) = table
        table[first] = list(self.x_labels) or self.x.tolist()
        for curve in self.curves:
            heading = f"{self.y_name}, {curve.label}" if curve.label else self.y_name
            table[heading] = curve.change.tolist()
            if curve.spread is not None:
                table[f"{heading}, SD"] = curve.spread.tolist()
        return table

    def to_csv(self) -> str:
        """Return the table as CSV, with rule, parameters and conditions as comments above it."""
        values = ", ".join(f"{p.name} = {p.show(getattr(self.rule, p.name))}" for p in self.rule.describe())
        comments = (f"{self.name}: {values}", f"{self.protocol}: {self.conditions}", *self.remarks)
        table = self.columns()
        numbers = table_text((list(table), list(zip(*table.values(), strict=True))))
        return "".join(f"# {line}\n" for line in comments) + numbers

    def to_mapping(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "protocol": self.protocol,
            "rule": self.rule.to_mapping(),
            "x": {"name": self.x_name, "unit": self.x_unit, "values": self.x.tolist(), "labels": list(self.x_labels)},
            "y": self.y_name,
            "curves": [
                {
                    "label": curve.label,
                    "change": curve.change.tolist(),
                    "spread": None if curve.spread is None else curve.spread.tolist(),
                }
                for curve in self.curves
            ],
            "conditions": self.conditions,
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Create a result from the output of `to_mapping`."""

        def array(values: Any) -> NDArray[np.float64]:
            return np.array(values, np.float64)

        curves = tuple(
            Curve(curve["label"], array(curve["change"]), None if curve["spread"] is None else array(curve["spread"]))
            for curve in mapping["curves"]
        )
        x = mapping["x"]
        return cls(
            str(mapping["protocol"]),
            rules.build(mapping["rule"], "plasticity"),
            array(x["values"]),
            str(x["name"]),
            str(x["unit"]),
            str(mapping["y"]),
            curves,
            str(mapping["conditions"]),
            tuple(mapping["remarks"]),
            tuple(x["labels"]),
        )


def bands(results: Sequence[Result]) -> tuple[NDArray[np.float64], ...]:
    """Return the range from 5 to 95 % of the results of several sets of values: float64, (2, n) for each curve."""
    return tuple(
        np.percentile([result.curves[which].change for result in results], (5, 95), axis=0)
        for which in range(len(results[0].curves))
    )


def gap(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points in ascending order, with a gap between the last negative and the first positive x."""
    order = np.argsort(x)
    x, y = x[order], y[order]
    place = int(np.searchsorted(x, 0.0))
    return np.insert(x, place, np.nan), np.insert(y, place, np.nan)
