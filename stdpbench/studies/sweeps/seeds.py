"""Groups of runs that differ only in their seed: means, and differences between groups, seed by seed.

These are the statistics of the arms of a sweep, for runs that were started individually.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from stdpbench.experiment import Experiment
from stdpbench.results.figures.comparison import SeedMean
from stdpbench.results.readout import READOUTS
from stdpbench.results.readout.metric import Metric
from stdpbench.results.readout.verdict import verdict
from stdpbench.runs.catalog.comparison import (
    Account,
    baselines_of,
    differing_parameters,
    last_parts,
    stream_measures,
    verdict_of,
)
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.sweeps.arms import inputs_apart
from stdpbench.studies.sweeps.statistics import (
    Difference,
    Spread,
    difference_text,
    paired_difference,
    plain,
    spread,
    spread_text,
)

HEADINGS: Final = ("read-out", "runs with", "seeds", "mean ± SD (%)", "difference (points)")
BASELINE_HEADINGS: Final = ("runs with", "baseline", "seeds", "baseline, mean ± SD (%)", "vote − baseline (points)")
_PAIRED: Final = (
    "Start weights flatter learning where thresholds adapt. Vote minus baseline is taken within each run, on the same "
    "pictures"
)
_VOTE = "accuracy, vote"
_OF_STREAMS: Final = ("measure", "runs with", "seeds", "mean ± SD", "difference")


@dataclass(frozen=True)
class Group:
    """Runs that differ only in their seed.

    Attributes
    ----------
    label : str
        Differences from the other groups.
    names : tuple of str
        Names of its runs.
    seeds : tuple of int
        Seeds of its runs, in order.
    accuracy : mapping of str to Spread
        By read-out, over seeds, 0 to 1; for streams, by name of the measure.
    differences : mapping of str to Difference
        By read-out: differences from the first group, over common seeds; empty for the first group.
    baselines : tuple of AboveBaseline
        The vote minus each baseline of the runs; the strictest baseline, with the highest accuracy, is first.
    verdict : str
        Whether learning helped, over seeds; empty if unknown.
    """

    label: str
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    accuracy: Mapping[str, Spread]
    differences: Mapping[str, Difference]
    baselines: tuple[AboveBaseline, ...] = ()
    verdict: str = ""


@dataclass(frozen=True)
class AboveBaseline:
    """Difference of the vote of a group from a baseline of the same runs, seed by seed.

    Attributes
    ----------
    name : str
        The baseline, such as ``"k-means"``.
    accuracy : Spread
        Accuracy of the baseline over seeds, 0 to 1.
    difference : Difference
        Vote minus baseline, over the seeds that have both.
    """

    name: str
    accuracy: Spread
    difference: Difference


@dataclass(frozen=True)
class OverSeeds:
    """Comparison of groups of runs.

    Attributes
    ----------
    groups : tuple of Group
        The groups, in the order of their first runs.
    remarks : tuple of str
        How differences are computed, and whether groups got the same input for the same seed.
    """

    groups: tuple[Group, ...]
    remarks: tuple[str, ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the headings of the table."""
        return HEADINGS if any(name in READOUTS for group in self.groups for name in group.accuracy) else _OF_STREAMS

    @property
    def rows(self) -> list[list[str]]:
        """Return the rows of the table below `headings`: the groups for each read-out or measure."""
        return [
            [
                name,
                group.label or "all",
                str(len(group.seeds)),
                spread_text(group.accuracy[name], *_format(name)),
                self._difference(group, name),
            ]
            for name in dict.fromkeys(name for group in self.groups for name in group.accuracy)
            for group in self.groups
            if name in group.accuracy
        ]

    def _difference(self, group: Group, name: str) -> str:
        if name in group.differences:
            return difference_text(group.differences[name], *_format(name))
        if group is not self.groups[0]:
            return f"– (no {name} of {self.groups[0].label})"
        return "reference" if len(self.groups) > 1 else "– (nothing to compare with)"

    @property
    def baseline_rows(self) -> list[list[str]]:
        """Return the rows of the table below `BASELINE_HEADINGS`: the vote against each baseline, group by group."""
        return [
            [
                group.label or "all",
                baseline.name,
                str(baseline.difference.n),
                spread_text(baseline.accuracy),
                difference_text(baseline.difference),
            ]
            for group in self.groups
            for baseline in group.baselines
        ]

    @property
    def means(self) -> list[SeedMean]:
        """The accuracy of the vote of each group of two or more seeds."""
        votes = [(group.label, group.accuracy["vote"]) for group in self.groups if "vote" in group.accuracy]
        return [SeedMean(label, vote.n, vote.mean, vote.sd) for label, vote in votes if vote.n > 1]

    @property
    def about_baselines(self) -> str:
        """A sentence that explains the rows of `baseline_rows`."""
        return about_baselines(baseline.difference for group in self.groups for baseline in group.baselines)

    @property
    def verdicts(self) -> list[str]:
        """Whether learning helped in each group, as sentences."""
        return [f"{group.label}: {group.verdict}".removeprefix(": ") for group in self.groups if group.verdict]

    def to_mapping(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        groups = [
            {
                "label": group.label,
                "runs": list(group.names),
                "seeds": list(group.seeds),
                "accuracy": {name: plain(value) for name, value in group.accuracy.items()},
                "differences": {name: plain(value) for name, value in group.differences.items()},
                "baselines": [
                    {
                        "name": above.name,
                        "accuracy": plain(above.accuracy),
                        "vote_minus_baseline": plain(above.difference),
                    }
                    for above in group.baselines
                ],
                "verdict": group.verdict,
            }
            for group in self.groups
        ]
        return {"groups": groups, "remarks": list(self.remarks)}


def about_baselines(differences: Iterable[Difference]) -> str:
    """Return a sentence that explains differences of the vote from baselines, with intervals for several seeds."""
    if _bracketed(differences):
        return (
            f"{_PAIRED}; in brackets the 95 % t interval of its mean over seeds. The strictest baseline is first: "
            "learning has added something if even that interval is above 0."
        )
    return f"{_PAIRED}. The strictest baseline is first."


def _bracketed(differences: Iterable[Difference]) -> bool:
    """Return whether any difference has an interval, which needs two seeds."""
    return any(math.isfinite(difference.low) for difference in differences)


def over_seeds(folders: Sequence[RunFolder], accounts: Sequence[Account]) -> OverSeeds | None:
    """Group runs that differ only in their seed; return None if groups add no information.

    Runs without an accuracy, streams without measures, and further runs of the same group and seed are left out. At
    least one group must have two runs, and all runs must be evaluated on the same part.

    Parameters
    ----------
    folders, accounts : sequence of RunFolder, of Account
        The runs and their accounts.
    """
    experiments = {account.path: folder.stored_experiment for folder, account in zip(folders, accounts, strict=True)}
    measured = [account for account in accounts if _accuracy(account)]
    if len({account.evaluated_on for account in measured}) != 1:
        return None
    differing = [path for path in differing_parameters(measured) if path != "seed"]
    runs_by_setting: dict[tuple[str, ...], dict[int, Account]] = {}
    for account in measured:
        runs = runs_by_setting.setdefault((*(account.setting(path) for path in differing), account.word), {})
        runs.setdefault(int(account.parameters["seed"]), account)
    if max(map(len, runs_by_setting.values()), default=0) < 2:
        return None
    first = next(iter(runs_by_setting.values()))
    groups = tuple(_group(differing, values, runs, first) for values, runs in runs_by_setting.items())
    remarks = _remarks(groups, list(runs_by_setting.values()), experiments)
    if measured[0].evaluated_on == "test":
        remarks.append("These are test pictures: choose settings with --validation, or by a sweep.")
    return OverSeeds(groups, tuple(remarks))


def _group(
    differing: Sequence[str],
    settings_and_word: Sequence[str],
    runs: Mapping[int, Account],
    first: Mapping[int, Account],
) -> Group:
    values_by_seed, reference_by_seed = (
        {seed: _accuracy(account) for seed, account in r.items()} for r in (runs, first)
    )
    names_of_all = dict.fromkeys(name for by_name in values_by_seed.values() for name in by_name)
    read = [name for name in names_of_all if all(name in by_name for by_name in values_by_seed.values())]
    paired = [
        name for name in read if runs is not first and all(name in by_name for by_name in reference_by_seed.values())
    ]
    seeds, names = tuple(sorted(runs)), last_parts(differing)
    *settings, word = settings_and_word
    label = ", ".join(f"{names[path]} = {value}" for path, value in zip(differing, settings, strict=True))
    accuracy, baselines = (
        {name: spread([values_by_seed[seed][name] for seed in seeds]) for name in read},
        _above_baselines(runs),
    )
    return Group(
        f"{label} ({word})".lstrip() if word else label,
        tuple(runs[seed].name for seed in seeds),
        seeds,
        accuracy,
        {
            name: paired_difference(
                {seed: by_name[name] for seed, by_name in values_by_seed.items()},
                {seed: by_name[name] for seed, by_name in reference_by_seed.items()},
            )
            for name in paired
        },
        baselines,
        _verdict(runs, accuracy, baselines),
    )


def _above_baselines(runs: Mapping[int, Account]) -> tuple[AboveBaseline, ...]:
    """Return the vote minus each baseline over the seeds of a group, in descending order of the baselines."""
    votes = {seed: metric.value for seed, run in runs.items() if (metric := run.metrics.get(_VOTE)) is not None}
    measured = {seed: baselines_of(runs[seed].metrics) for seed in votes}
    above = []
    for name in dict.fromkeys(name for by_name in measured.values() for name in by_name):
        values = {seed: by_name[name].value for seed, by_name in measured.items() if name in by_name}
        above.append(AboveBaseline(name, spread([*values.values()]), paired_difference(votes, values)))
    return tuple(sorted(above, key=lambda baseline: -baseline.accuracy.mean))


def _verdict(runs: Mapping[int, Account], accuracy: Mapping[str, Spread], baselines: Sequence[AboveBaseline]) -> str:
    """Return a sentence on whether learning helped, over at least two seeds; empty if unknown for any run."""
    if len(runs) < 2 or not all(map(verdict_of, runs.values())):
        return ""
    complete = [baseline for baseline in baselines if baseline.difference.n == len(runs)]
    return verdict(
        Metric(accuracy["vote"].mean),
        {baseline.name: Metric(baseline.accuracy.mean) for baseline in complete},
        flatters=any(account.start_flatters for account in runs.values()),
        paired={baseline.name: (baseline.difference.low, baseline.difference.high) for baseline in complete},
    )


def _accuracy(account: Account) -> dict[str, float]:
    """Return accuracies by read-out, or the measures of a stream."""
    metrics = {name: account.metrics.get(f"accuracy, {name}") for name in READOUTS}
    return {name: metric.value for name, metric in metrics.items() if metric is not None} or stream_measures(account)


def _format(name: str) -> tuple[float, int]:
    """Return the factor and the number of digits for showing a measure."""
    return (100, 2) if name in READOUTS else (1, 3)


def _remarks(
    groups: Sequence[Group], runs: Sequence[Mapping[int, Account]], experiments: Mapping[str, Experiment]
) -> list[str]:
    """Return remarks on the initial experiments; later changes are part of the labels."""
    first, *others = (experiments[next(iter(members.values())).path] for members in runs)
    remarks = []
    if others:
        intervals = _bracketed(difference for group in groups for difference in group.differences.values())
        brackets = "; in brackets the 95 % t interval of their mean" if intervals else ""
        remarks.append(f"Differences from runs with {groups[0].label} are taken seed by seed{brackets}.")
    for group, other in zip(groups[1:], others, strict=True):
        for text, paths in islice(inputs_apart(first, other), 1):
            difference = f"{text} ({', '.join(paths)})"
            remarks.append(f"Runs with {group.label} were {difference}, unlike those with {groups[0].label}.")
    return remarks
