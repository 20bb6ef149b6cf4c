"""``stdpbench data show``: what an experiment will show, as numbers, and as a figure in a file."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from stdpbench.base.units import thousands
from stdpbench.cli.terminal import Console
from stdpbench.data.datasets import STEPS
from stdpbench.experiment import Experiment, parse_assignment, read_experiment
from stdpbench.experiment.dry_run import Numbers, ShownStimulus, shown_numbers, shown_stimulus
from stdpbench.results.figures.saving import figure_width, write_figure
from stdpbench.runs.preparation.start import load_split

_NOUNS = {"images": "pictures", "signals": "signals", "events": "recordings", "stream": "pieces"}
_BARS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 60
_NAMED = 12  # classes


def show_data(
    name: str, assignments: Sequence[str], number: int, file: Path | None, width: str | None, json: bool
) -> None:
    """Carry out ``stdpbench data show``."""
    wide = figure_width(file, "--save", width)
    experiment = read_experiment(name).override(dict(parse_assignment(text) for text in assignments))
    split = load_split(experiment, validation=False)
    numbers, shown = shown_numbers(experiment, split), shown_stimulus(experiment, split, number)
    if file is not None:
        from stdpbench.results.figures.stimulus_figure import stimulus_figure

        write_figure(stimulus_figure(shown, title=f"{experiment.name}: {shown.name}", width=wide), file)
    if json:
        one = {"number": shown.number, "name": shown.name, "presentation": shown.presentation}
        one |= {"spikes": len(shown.spikes), "duration_ms": shown.n_bins * shown.dt * 1e3}
        record = {
            "name": experiment.name,
            **numbers.to_mapping(),
            "steps": _steps(experiment),
            "shown": one,
            "figure": file and str(file),
        }
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
        return
    _print(Console(), experiment.name, _steps(experiment), numbers, shown)
    if file is not None:
        sys.stdout.write(f"The figure of {shown.name} is in {file}\n")


def _print(console: Console, name: str, steps: dict[str, Any], numbers: Numbers, shown: ShownStimulus) -> None:
    noun = _NOUNS[numbers.kind]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in _rows(steps, numbers, noun):
        table.add_row(*row)
    console.print(name, style="bold")
    console.print(table)
    edges, rates = shown.rates(_COLUMNS)
    mean = rates.mean(axis=0)
    bars = np.ceil(mean / max(float(mean.max(initial=0)), 1e-12) * (len(_BARS) - 1)).astype(int)
    span = f"{edges[0] * 1e3:g} to {edges[-1] * 1e3:g} ms"
    console.print(
        f"{shown.name}: {thousands(len(shown.spikes))} spikes, up to {mean.max(initial=0):.3g} Hz, {span}",
    )
    console.print("".join(_BARS[bar] for bar in bars))


def _steps(experiment: Experiment) -> dict[str, Any]:
    """Return the preprocessing steps that an experiment declares, with their values."""
    declared = [each for each in experiment.data.describe() if each.name in STEPS]
    values = {each.name: getattr(experiment.data, each.name) for each in declared}
    return {each.name: values[each.name] for each in declared if values[each.name] != each.default}


def _rows(steps: dict[str, Any], numbers: Numbers, noun: str) -> list[tuple[str, str]]:
    """Return names and values."""
    height, width = numbers.shape
    low, mean, high = numbers.duration
    fewest, average, most = numbers.spikes
    counted = f"{numbers.sample} {noun}, spread over all"
    parts = f"{thousands(numbers.n_train)} for training, {thousands(numbers.n_test)} for the test"
    rows = [
        (noun, thousands(numbers.n_train) if numbers.kind == "stream" else parts),
        ("classes", _classes(numbers.class_names)),
        ("inputs", f"{thousands(numbers.n_inputs)} ({height} × {width})"),
        ("duration", f"{low:g} ms" if low == high else f"{mean:.4g} ms on average, {low:g} to {high:g} ms"),
        ("spikes", f"{_count(average)} on average, {_count(fewest)} to {_count(most)} ({counted})"),
        ("rate", f"{numbers.rate:.3g} Hz per input"),
        (
            "merged",
            "none"
            if not numbers.merged
            else f"{thousands(numbers.merged)} spikes: another spike of their input is in the same step",
        ),
        ("silent", f"{thousands(numbers.silent)} inputs never fire in these {noun}"),
    ]
    if steps:
        shown = (name if value is True else f"{name} = {value:g}" for name, value in steps.items())
        rows.insert(1, ("prepared", ", ".join(shown)))
    if numbers.factors:
        rows.append(("factors", "spikes carry {:.3g} to {:.3g}".format(*numbers.factors)))
    if numbers.empty:
        rows.append(("empty", f"{numbers.empty} of these {noun} evoke no spikes"))
    if numbers.kind != "stream":
        longer = f"{thousands(numbers.cut)} {noun} last longer than schedule.stimulus"
        rows.append(("cut", longer if numbers.cut else "none"))
    return [row for row in rows if row[0] != "classes" or numbers.kind != "stream"]


def _classes(names: Sequence[str]) -> str:
    """Return the number of classes and their names, as they appear in results."""
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{len(names)} ({listed})" if names else "none"


def _count(number: float) -> str:
    return thousands(round(number)) if number >= 1000 else f"{number:.4g}"
