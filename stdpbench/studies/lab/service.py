"""The process that computes curves for the Rules page: ``python -m stdpbench.studies.lab.service``.

It answers requests through `stdpbench.base.helper`. Synapses of a rule are built once and cached (`protocols`); new
values of its parameters are written into them, so that a curve follows a slider.

* ``curve`` (`rule`, `protocol`, `options`, `coarse`): returns `Result.to_mapping`. With `coarse`, a slider is
  moving: a slow protocol returns fewer points (``"coarse": true``) or nothing (``"skipped": true``).
* ``fit`` (`rule`, `data`, `free`, `weight`, `relative_to`): fits the rule to data sets; returns its ``rule`` with the
  fitted values, the texts of the ``rows`` of its parameters, ``sentences``, a ``page``, its ``points`` with
  residuals, and the fitted values of bootstrapped data as ``sets``.
* ``map`` (`rule`, `ranges`, `weight`, and `data`, `relative_to` or `point`): the misfit to data, or the weight change
  by a protocol, over two parameters; returns them as ``x`` and ``y``, and arrays of their values and of the quantity.
* ``equations`` (`rule`, `colour`, `faint`, `width`, `size`, `dpi`): the typeset equations of the
  rule (``png`` in base64, ``width`` and ``height`` in points), their TeX, and notes.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.helper import Arrays, ProgressCallback, serve
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.studies.lab.data_sets import Point
from stdpbench.studies.lab.default_protocol import protocol
from stdpbench.studies.lab.quick import coarse_for
from stdpbench.studies.lab.result import Result
from stdpbench.studies.lab.typeset import lines_of, notes_of, picture

_SOON, _PATIENCE = 0.025, 0.06
"""CPU seconds: a protocol slower than the first limit returns fewer points while a slider moves; if it then still
exceeds the second limit, it is skipped until the slider is released."""
_BOOTSTRAPS = 100
"""Data sets drawn from the points for the bands of a fit."""
_BUILDING = 0.6
"""Upper limit of the time to build synapses, in the first run of a rule in a protocol."""


class Desk:
    """Answers requests about rules."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[type[PlasticityRule], str, bool], float] = {}

    def answer(
        self, name: str, arguments: Mapping[str, Any], on_progress: ProgressCallback
    ) -> tuple[dict[str, Any], Arrays]:
        """Answer a request.

        Raises
        ------
        StdpbenchError
            If it cannot be done.
        """
        if name not in ("curve", "equations", "fit", "map"):
            raise StdpbenchError(f"unknown request {name}")
        options = dict(arguments)
        rule = rules.build(options.pop("rule"), "plasticity")
        if name == "fit":
            return _fit(rule, options, on_progress), {}
        if name == "map":
            return _map(rule, options, on_progress)
        return (self._curve(rule, **options) if name == "curve" else _equations(rule, **options)), {}

    def _curve(self, rule: PlasticityRule, protocol: str, options: Mapping[str, Any], coarse: bool) -> dict[str, Any]:
        fewer = coarse and self._seconds.get((type(rule), protocol, False), 0.0) > _SOON
        few = coarse_for(rule, protocol)
        if fewer and (not few or self._seconds.get((type(rule), protocol, True), 0.0) > _PATIENCE):
            return {"skipped": True}
        options = {**options, **(few if fewer else {})}
        result = self._run(rule, protocol, options, (type(rule), protocol, fewer))
        return {**result.to_mapping(), "coarse": fewer}

    def _run(
        self, rule: PlasticityRule, name: str, options: Mapping[str, Any], key: tuple[type[PlasticityRule], str, bool]
    ) -> Result:
        begun = time.process_time()  # CPU time, which does not depend on the load of the machine
        result = protocol(name)(rule, **options)
        seconds = time.process_time() - begun
        if key in self._seconds:
            self._seconds[key] = min(seconds, self._seconds[key] or seconds)
        else:  # the first run, which also built synapses
            self._seconds[key] = seconds if seconds > _BUILDING else 0.0
        return result


def _fit(rule: PlasticityRule, options: Mapping[str, Any], on_progress: ProgressCallback) -> dict[str, Any]:
    from stdpbench.studies.lab.certainty import bootstrap
    from stdpbench.studies.lab.fit_report import Drawn, parameter_row, point_rows, sentences, to_markdown
    from stdpbench.studies.lab.fitting import fit

    fitted = fit(rule, **options, progress=on_progress)
    exact = fitted.problem().exact  # else a bootstrap takes too long
    units = {each.free.name: each.free.unit for each in fitted.parameters}
    drawn = Drawn("bootstrap", bootstrap(fitted, _BOOTSTRAPS, progress=on_progress)) if exact else None
    sets = [
        {name: f"{value:.6g} {unit}".strip() for (name, unit), value in zip(units.items(), values, strict=True)}
        for values in (() if drawn is None else drawn.values.tolist())
    ]
    rows = {name: texts for name, *texts in map(parameter_row, fitted.parameters)}
    return {
        "rule": fitted.rule.to_mapping(),
        "rows": rows,
        "sentences": sentences(fitted) + ([] if exact else ["Plots get no bands: this rule simulates a neuron."]),
        "page": to_markdown([fitted], drawn),
        "sets": sets,
        "points": point_rows(fitted),
    }


def _map(
    rule: PlasticityRule, options: dict[str, Any], on_progress: ProgressCallback
) -> tuple[dict[str, Any], Arrays]:
    from stdpbench.studies.lab.maps import change_map, data_map

    if "point" in options:
        points = [Point(**options.pop("point"))]
        made = change_map(rule, points=points, **options, progress=on_progress)
    else:
        made = data_map(rule, **options, progress=on_progress)
    n = len(made.x_values)
    arrays = {"x": made.x_values, "y": made.y_values, "values": made.values.reshape(n, n)}
    return {"x": asdict(made.x), "y": asdict(made.y)}, arrays


def _equations(rule: PlasticityRule, colour: str, faint: str, width: float, size: float, dpi: float) -> dict[str, Any]:
    lines = lines_of(rule)
    png, wide, high = picture(lines, colour, faint, width, size, dpi)
    return {
        "png": base64.b64encode(png).decode(),
        "width": wide,
        "height": high,
        "tex": [[line.label, line.tex] for line in lines],
        "notes": notes_of(rule),
    }


if __name__ == "__main__":
    serve(Desk().answer)
