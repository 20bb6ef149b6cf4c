"""Results of a sweep: one row per arm, as a table and as files.

The report is a function of the sweep and the results of its runs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdpbench import __version__
from stdpbench.base import units
from stdpbench.base.files import write_text_aside
from stdpbench.base.toml_lines import flat
from stdpbench.base.units import first_few
from stdpbench.results.figures.paper import Table, markdown_table, table_text
from stdpbench.results.figures.sweep import ArmResult, sweep_figure
from stdpbench.runs.catalog.comparison import theta_unit
from stdpbench.studies.sweeps.arms import Arm, pairing_remarks, shown, supervised_remarks
from stdpbench.studies.sweeps.carry_out import known_arms
from stdpbench.studies.sweeps.comparisons import Comparisons, compare_arms, sentences
from stdpbench.studies.sweeps.definition import Sweep
from stdpbench.studies.sweeps.result import Result, is_share, measures_of, title
from stdpbench.studies.sweeps.state import SweepState
from stdpbench.studies.sweeps.statistics import (
    Difference,
    Spread,
    difference_text,
    paired_difference,
    plain,
    signed,
    spread,
    spread_text,
)
from stdpbench.studies.sweeps.tuning import chosen_settings, tuning_round, tuning_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TRAINING = ("spikes_per_image", "mean_theta_mV", "presentations_per_image", "images_per_second", "seconds")
_MOST_NAMED = 3  # most arms named that cannot be distinguished from the best one
_README = """\
Contents of this folder
=======================

results.md         the table, with remarks
results.csv        one row per arm
results.json       everything, with every run
results.png        the figure, if arms are compared by a metric
tuning.csv         trials of each arm before the comparison, if arms are tuned
distributions.json from what parameters are drawn or chosen, if they are
sweep.jsonl        state of the sweep; the same command continues from it
lock               held by the process that works on the sweep
all folders        one run each, described by its README.txt. `stdpbench list --sweep FOLDER` lists them
"""


@dataclass(frozen=True)
class Row:
    """One arm.

    Attributes
    ----------
    arm : Arm
        The arm.
    runs : dict of int to Result
        Results by seed; seeds whose run is not finished are missing.
    measured : dict of str to Spread
        Over seeds: accuracy by read-out, 0 to 1, or the measures of a stream.
    difference : Difference or None
        Difference of the sweep's metric from the reference arm, seed by seed; None without a reference, and for the
        reference itself.
    training : dict of str to Spread
        Quantities of the training, by the name of the attribute of `Result`.
    """

    arm: Arm
    runs: dict[int, Result]
    measured: dict[str, Spread]
    difference: Difference | None
    training: dict[str, Spread]

    def values(self, metric: str) -> dict[int, float]:
        """Return the values of a measure by seed."""
        return _by_seed(self.runs, metric)


@dataclass(frozen=True)
class Report:
    """Current results of a sweep.

    Attributes
    ----------
    sweep : Sweep
        The sweep.
    rows : tuple of Row
        One per arm, in order.
    remarks : tuple of str
        Remarks on the table.
    failures : dict of str to str
        Reason for a missing result, by arm and seed.
    missing : int
        Number of runs that are not finished, including failed ones.
    tuning : tuple of mapping
        Trials before the comparison: `arm`, `trial`, the metric, whether it was `chosen`, `settings`.
    compared : Comparisons or None
        Arms with seeds as blocks, pairs of arms, equivalence, effects of factors.
    """

    sweep: Sweep
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]
    failures: dict[str, str]
    missing: int
    tuning: tuple[Mapping[str, Any], ...] = ()
    compared: Comparisons | None = None

    @property
    def best(self) -> Row | None:
        """Complete arm with the best mean of the sweep's metric; None if the sweep does not rank."""
        if not self.sweep.ranks:
            return None
        complete = [row for row in self._whole if not math.isnan(row.measured[self.sweep.metric].mean)]
        return max(complete, key=lambda row: self.sweep.sign * row.measured[self.sweep.metric].mean, default=None)

    @property
    def contenders(self) -> list[tuple[Row, Difference]]:
        """Complete arms that cannot be distinguished from the best, with their differences, the closest first.

        These are arms whose 95 % interval of the paired difference includes 0, or all arms if there is only one
        seed and thus no interval.
        """
        higher = self.sweep.sign > 0
        return [(row, d) for row, d in self.others if not (d.low > 0 if higher else d.high < 0)]

    @property
    def others(self) -> list[tuple[Row, Difference]]:
        """Complete arms other than the best, with the paired difference of the best from each, the closest first."""
        if (best := self.best) is None:
            return []
        best_values, metric, sign = best.values(self.sweep.metric), self.sweep.metric, self.sweep.sign
        differences = [
            (row, paired_difference(best_values, row.values(metric))) for row in self._whole if row is not best
        ]
        return sorted(differences, key=lambda pair: sign * pair[1].mean)

    @property
    def _whole(self) -> list[Row]:
        return [row for row in self.rows if len(row.runs) == len(self.sweep.seeds)]


def make_report(sweep: Sweep, state: SweepState) -> Report:
    """Return the report of a sweep."""
    arms = known_arms(sweep, state)
    results = {
        arm.label: {
            seed: state.results[key] for seed in sweep.seeds if (key := arm.experiment(seed).digest) in state.results
        }
        for arm in arms
    }
    reference = results.get(sweep.reference or "")
    rows = tuple(_row(sweep, arm, results[arm.label], reference) for arm in arms)
    failures = {
        f"{arm.label}, seed {seed}": state.failures[key]
        for arm in arms
        for seed in sweep.seeds
        if (key := arm.experiment(seed).digest) in state.failures
    }
    compared = _comparisons(sweep, rows)
    missing = len(arms) * len(sweep.seeds) - sum(map(len, results.values()))
    tuning = tuple(tuning_table(sweep, state))
    remarks = _remarks(sweep, arms, rows, state)
    remarks += [] if compared is None else sentences(compared, sweep, *_format(sweep))
    return Report(sweep, rows, tuple(remarks), failures, missing, tuning, compared)


def _comparisons(sweep: Sweep, rows: Sequence[Row]) -> Comparisons | None:
    """Compare arms, if there is a metric and more than one seed."""
    if not sweep.ranks or len(sweep.seeds) < 2:
        return None
    return compare_arms(sweep, {row.arm.label: row.values(sweep.metric) for row in rows}, _format(sweep)[0])


def _row(sweep: Sweep, arm: Arm, runs: dict[int, Result], reference: dict[int, Result] | None) -> Row:
    difference = None
    if sweep.ranks and reference is not None and arm.label != sweep.reference:
        values, others = (_by_seed(r, sweep.metric) for r in (runs, reference))
        difference = paired_difference(values, others)
    return Row(
        arm,
        runs,
        {name: spread([*_by_seed(runs, name).values()]) for name in sweep.measures},
        difference,
        {name: spread([getattr(run, name) for run in runs.values()]) for name in _TRAINING},
    )


def _by_seed(runs: Mapping[int, Result], name: str) -> dict[int, float]:
    """Return the values of a measure by seed, for runs in which it is defined."""
    return {seed: value for seed, run in runs.items() if (value := run.values.get(name)) is not None}


def _first_remark(sweep: Sweep, runs: Sequence[Result]) -> str:
    seeds = ", ".join(map(str, sweep.seeds))
    if sweep.base.stream is not None:
        ranked = "no metric, so no arm is the best"
        if sweep.ranks:
            ranked = f"ranked by {sweep.metric}, {sweep.better} is better"
        return f"Measures at the end of the stream ({ranked}), mean ± SD over seeds {seeds}."
    pictures = sorted({run.n_images for run in runs})
    return (
        f"{sweep.metric} on {' or '.join(map(str, pictures)) or 'no'} validation pictures, held out of the training "
        f"pictures, mean ± SD over seeds {seeds}."
    )


def _remarks(sweep: Sweep, arms: Sequence[Arm], rows: Sequence[Row], state: SweepState) -> list[str]:
    runs = [run for row in rows for run in row.runs.values()]
    remarks = [_first_remark(sweep, runs), *supervised_remarks(arms)]
    if sweep.ranks and sweep.reference is not None:
        brackets = (
            "; in brackets the 95 % t interval of their mean, for each arm on its own: of twenty arms without effect, "
            "one is expected outside of its interval"
        )
        intervals = any(row.difference is not None and math.isfinite(row.difference.low) for row in rows)
        remarks.append(f"Differences from {sweep.reference!r} are taken seed by seed{brackets if intervals else ''}.")
    tuning = tuning_round(sweep)
    if tuning is not None and sweep.tuning is not None:
        changed = ", ".join(f"{path} = {shown(value)}" for path, value in sweep.tuning.set.items())
        remarks.append(
            f"Each tuned arm had {sweep.tuning.n_trials} trials first, with seeds "
            f"{', '.join(map(str, sweep.tuning.seeds))}{f' and {changed}' if changed else ''}."
        )
        remarks += chosen_settings(sweep, state)
    remarks += pairing_remarks(arms, sweep.reference)
    if len({json.dumps(dict(run.versions), sort_keys=True) for run in runs}) > 1:
        remarks.append("Runs used different versions of Python or packages; results.json lists them.")
    keys = {arm.experiment(seed).digest for arm in arms for seed in sweep.seeds}
    keys |= {job.key for job in tuning.jobs} if tuning is not None else set()
    others = len(state.results.keys() - keys)
    if others:
        remarks.append(
            f"{others} finished runs in the folder belong to no arm of the current sweep; they do not count."
        )
    return remarks


def cells(row: Row, report: Report) -> tuple[str, ...]:
    """Format a row in the order of `headings`; missing numbers are a dash with the reason."""
    sweep = report.sweep
    if not row.runs:
        failed = any(f"{row.arm.label}, seed {seed}" in report.failures for seed in report.sweep.seeds)
        return (
            row.arm.title,
            "0",
            f"– ({'failed' if failed else 'not finished'})",
            *[""] * (len(headings(sweep)) - 3),
        )
    difference = "reference" if row.arm.label == report.sweep.reference else "– (no reference)"
    if row.difference is not None:
        difference = difference_text(row.difference, *_format(sweep))
    values = {name: spread_text(spread, *_format(sweep)) for name, spread in row.measured.items()}
    end = spread_text(row.training["seconds"], 1, 0)
    if sweep.base.stream is None:
        means = [
            spread_text(row.training[name], 1, digits) for name, digits in zip(_TRAINING, (1, 1, 3), strict=False)
        ]
        return (row.arm.title, str(len(row.runs)), values[sweep.metric], difference, *means, end)
    first, *others = values.values()
    return (row.arm.title, str(len(row.runs)), first, *([difference] if sweep.ranks else []), *others, end)


def _format(sweep: Sweep) -> tuple[float, int]:
    """Return the factor and the number of digits with which measures are shown."""
    return (100, 2) if sweep.base.stream is None else (1, 3)


def best_text(report: Report) -> str:
    """Return a sentence on the best arm and arms that cannot be distinguished from it; empty if none is complete."""
    best, contenders = report.best, report.contenders
    if best is None:
        return ""
    name, n = best.arm.title, len(report.sweep.seeds)
    scale, digits = _format(report.sweep)
    unit = " points" if scale == 100 else ""

    def above(row: Row, difference: Difference) -> str:
        text = f"{name} − {row.arm.title} is {signed(difference.mean, scale, digits)}{unit}"
        if math.isnan(difference.low):
            return text
        low, high = (signed(value, scale, digits) for value in (difference.low, difference.high))
        return f"{text} (95 % interval {low} to {high})"

    if not contenders:
        closest = [f"; {above(*pair)}, from {n} seeds" for pair in report.others[:1]]
        return f"Best: {name}{''.join(closest)}."
    named = first_few([above(*contender) for contender in contenders], _MOST_NAMED, "; ")
    if n < 2:
        return f"Best: {name}, but one seed cannot show that arms differ: {named}."
    single = len(contenders) == 1
    others = contenders[0][0].arm.title if single else f"{len(contenders)} other arms"
    include = "this interval includes 0" if single else "these intervals include 0"
    return f"Best: {name}, but it is not shown to differ from {others}: {named}, and {include} ({n} seeds)."


def headings(sweep: Sweep) -> tuple[str, ...]:
    """Return the headings of the table."""
    if sweep.base.stream is None:
        theta = units.label("theta", theta_unit(sweep.base))
        of_pictures = ("spikes per image", theta, "presentations per image")
        return ("arm", "seeds", title(sweep.metric), "difference (points)", *of_pictures, "training (s)")
    first, *others = map(title, sweep.measures)
    return ("arm", "seeds", first, *(["difference"] if sweep.ranks else []), *others, "training (s)")


def to_mapping(report: Report) -> dict[str, Any]:
    """Return everything as plain values for a JSON file; NaN becomes None."""
    sweep, best = report.sweep, report.best
    return {
        "name": sweep.name,
        "experiment": sweep.experiment,
        "metric": sweep.metric,
        "better": sweep.better,
        "evaluated_on": "validation" if sweep.base.stream is None else "end of the stream",
        "seeds": list(sweep.seeds),
        "reference": sweep.reference,
        "set": dict(sweep.set),
        "best": None if best is None else best.arm.label,
        "not_told_from_best": [{"label": row.arm.label, "difference": plain(d)} for row, d in report.contenders],
        "comparisons": None if report.compared is None else report.compared.to_mapping(),
        "missing": report.missing,
        "failures": report.failures,
        "remarks": list(report.remarks),
        "tuning": [dict(row) for row in report.tuning],
        "arms": [
            {
                "label": row.arm.label,
                "supervised": row.arm.supervised,
                "settings": dict(row.arm.settings),
                "n": len(row.runs),
                "accuracy": {name: plain(value) for name, value in row.measured.items() if is_share(name)},
                "measures": {name: plain(value) for name, value in row.measured.items() if not is_share(name)},
                "difference": None if row.difference is None else plain(row.difference),
                **{name: plain(value) for name, value in row.training.items()},
                "runs": [{"seed": seed, **asdict(run)} for seed, run in row.runs.items()],
            }
            for row in report.rows
        ],
    }


def to_csv(report: Report) -> str:
    """Return one row per arm, as numbers; accuracies and their differences are fractions, not percent.

    For settings that an arm does not change, its value is given.
    """
    measured = measures_of(report.sweep.base)
    names = ["arm", "n", *(f"{name}_{statistic}" for name in measured for statistic in ("mean", "sd"))]
    names += ["difference_mean", "difference_low_95", "difference_high_95", "difference_n", *_TRAINING, "supervised"]
    paths = list(dict.fromkeys(path for row in report.rows for path in row.arm.settings))
    rows = []
    for row in report.rows:
        values: list[Any] = [row.arm.label, len(row.runs)]
        for name in measured:
            values += [row.measured[name].mean, row.measured[name].sd]
        d = row.difference
        values += [None] * 4 if d is None else [d.mean, d.low, d.high, d.n]
        values += [*(value.mean for value in row.training.values()), int(row.arm.supervised)]
        start = flat(row.arm.start.to_mapping()) if paths else {}
        values += [row.arm.settings.get(path, start.get(path)) for path in paths]
        rows.append([_cell(value, 10) for value in values])
    return table_text((names + paths, rows))


def tuning_csv(report: Report) -> str:
    """Return one row per trial: arm, number, metric as a fraction, whether it was chosen, settings."""
    paths = list(dict.fromkeys(path for row in report.tuning for path in row["settings"]))
    rows = []
    for row in report.tuning:
        drawn = [row["settings"].get(path) for path in paths]
        rows.append([row["arm"], row["trial"], row[report.sweep.metric], int(row["chosen"]), *drawn])
    return table_text((["arm", "trial", report.sweep.metric, "chosen", *paths], rows))


def to_markdown(report: Report) -> str:
    """Return the table as Markdown, with the remarks."""
    lines = [f"# {report.sweep.name}", "", f"Arms of `{report.sweep.experiment}`. {report.remarks[0]}", ""]
    lines.append(markdown_table((headings(report.sweep), [cells(row, report) for row in report.rows])))
    lines += ["", *(f"* {remark}" for remark in report.remarks[1:])]
    lines += [f"* {best_text(report)}"] if report.best is not None and len(report.rows) > 1 else []
    lines += [f"* Failed: {run}: {reason}" for run, reason in report.failures.items()]
    if report.missing:
        lines.append(f"* {report.missing} runs are not finished.")
    return "\n".join(lines).rstrip() + "\n"


def write_report(report: Report, folder: Path) -> None:
    """Write table, figure and README to the sweep's folder.

    Raises
    ------
    DiskError
        If a file cannot be written; its previous version is kept.
    """
    from stdpbench.results.figures.saving import write_figure

    write_text_aside(folder / "README.txt", _README)
    write_text_aside(folder / "results.md", to_markdown(report))
    write_text_aside(folder / "results.csv", to_csv(report))
    write_text_aside(folder / "results.json", json.dumps(to_mapping(report), indent=2, ensure_ascii=False) + "\n")
    if report.tuning:
        write_text_aside(folder / "tuning.csv", tuning_csv(report))
    if (figure := figure_of(report)) is not None:
        write_figure(figure, folder / "results.png")


def figure_of(report: Report, width: float | None = None) -> Figure | None:
    """Draw the arms of a sweep; return None if it does not rank arms, or no arm has a result.

    Parameters
    ----------
    report : Report
        The results.
    width : float, optional
        Width in mm, for a paper. Default: that of a screen.
    """
    arms, sweep = arm_results(report), report.sweep
    if not arms or not sweep.ranks:
        return None
    heading, pictures = f"{sweep.name}: {sweep.experiment}, {len(sweep.seeds)} seeds", sweep.base.stream is None
    axis = f"{sweep.metric} on the validation part (%)" if pictures else title(sweep.metric)
    return sweep_figure(heading, axis, arms, "percentage points" if pictures else "", width)


def arm_results(report: Report) -> list[ArmResult]:
    """Return arms with at least one result, accuracies in percent, for the figure."""
    metric, results, (scale, _) = report.sweep.metric, [], _format(report.sweep)
    for row in report.rows:
        if not row.values(metric):
            continue
        d = row.difference
        results.append(
            ArmResult(
                row.arm.title,
                tuple(scale * value for value in row.values(metric).values()),
                scale * row.measured[metric].mean,
                scale * row.measured[metric].sd,
                (scale * d.mean, scale * d.low, scale * d.high) if d is not None and d.n else None,
                row.arm.label == report.sweep.reference,
            )
        )
    return results


def figure_table(report: Report) -> Table:
    """Return a row for each drawn arm: mean and SD, difference from the reference, and the value of each seed.

    Accuracies are in per cent, their differences in points.
    """
    sweep = report.sweep
    pictures = sweep.base.stream is None
    unit, points = (" (%)", " (points)") if pictures else ("", "")
    names = (
        "arm",
        "seeds",
        f"mean {sweep.metric}{unit}",
        f"SD{points}",
        f"difference{points}",
        "low (95 % t interval)",
        "high (95 % t interval)",
        *(f"seed {seed}{unit}" for seed in sweep.seeds),
    )
    scale, drawn = 100 if pictures else 1, {arm.label: arm for arm in arm_results(report)}
    rows = []
    for row in report.rows:
        if (arm := drawn.get(row.arm.title)) is not None:
            values = row.values(sweep.metric)
            numbers = [arm.mean, arm.sd, *(arm.difference or ("", "", ""))]
            numbers += [scale * values[seed] if seed in values else "" for seed in sweep.seeds]
            rows.append((arm.label, len(arm.values), *(_cell(number) for number in numbers)))
    return names, rows


def figure_caption(report: Report) -> str:
    """Return the caption: arms and settings, version, pictures, n, and the meaning of bars and lines."""
    sweep = report.sweep
    measured = title(sweep.metric).removesuffix(" (%)")
    sentences = [
        f"{sweep.name}: {measured} of {len(report.rows)} arms of {sweep.experiment}; stdpbench {__version__}.",
        report.remarks[0],
        *supervised_remarks([row.arm for row in report.rows]),
        "Dots: single runs; vertical bar: their mean; horizontal line: SD over seeds.",
    ]
    if sweep.reference is not None and sweep.ranks:
        sentences.append(
            f"Squares: mean difference from {sweep.reference}, seed by seed; line: its 95 % t interval, not corrected "
            "for the number of arms."
        )
    sentences += [f"All arms: {_listed(sweep.set)}."] if sweep.set else []
    sentences += [f"{row.arm.label}: {_listed(row.arm.settings)}." for row in report.rows if row.arm.settings]
    return " ".join(sentences)


def _cell(value: Any, digits: int = 8) -> Any:
    """Round a number; NaN becomes an empty text."""
    if isinstance(value, float):
        return "" if math.isnan(value) else round(value, digits)
    return value


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{path} = {shown(value)}" for path, value in settings.items())
