"""Groups of runs that differ in their seed alone: means, and differences between groups, seed by seed.

The statistics that a sweep computes for its arms, for runs that were started individually.
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
_PAIRED: Final = "Vote minus baseline is taken within each run, on the same pictures"
_VOTE = "accuracy, vote"
_OF_STREAMS: Final = ("measure", "runs with", "seeds", "mean ± SD", "difference")


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed alone.

    Attributes
    ----------
    label : str
        Differences from the other groups.
    names : tuple of str
        Names of its runs.
    seeds : tuple of int
        Seeds of its runs, in order.
    accuracy : mapping of str to Spread
        By read-out, over seeds, 0 to 1; of streams, by name of the measure.
    differences : mapping of str to Difference
        By read-out: differences from the first group, over common seeds; empty for the first group.
    baselines : tuple of AboveBaseline
        The vote minus each baseline that runs have, the strictest baseline first: that of the highest accuracy.
    verdict : str
        Whether learning helped, over seeds; empty if that is not known.
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
    """What the vote of a group is above a baseline of its own runs, seed by seed.

    Attributes
    ----------
    name : str
        The baseline, such as ``"k-means"``.
    accuracy : Spread
        Of the baseline over seeds, 0 to 1.
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
                one.name,
                str(one.difference.n),
                spread_text(one.accuracy),
                difference_text(one.difference),
            ]
            for group in self.groups
            for one in group.baselines
        ]

    @property
    def means(self) -> list[SeedMean]:
        """The accuracy of the vote of each group of two or more seeds."""
        votes = [(group.label, group.accuracy["vote"]) for group in self.groups if "vote" in group.accuracy]
        return [SeedMean(label, vote.n, vote.mean, vote.sd) for label, vote in votes if vote.n > 1]

    @property
    def about_baselines(self) -> str:
        """Say what the rows of `baseline_rows` are."""
        return about_baselines(one.difference for group in self.groups for one in group.baselines)

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
                    {"name": one.name, "accuracy": plain(one.accuracy), "vote_minus_baseline": plain(one.difference)}
                    for one in group.baselines
                ],
                "verdict": group.verdict,
            }
            for group in self.groups
        ]
        return {"groups": groups, "remarks": list(self.remarks)}


def about_baselines(differences: Iterable[Difference]) -> str:
    """Say what differences of the vote from baselines are, with intervals if there are several seeds."""
    if _bracketed(differences):
        return (
            f"{_PAIRED}; in brackets the 95 % t interval of its mean over seeds. The strictest baseline is first: "
            "learning has added something if even that interval is above 0."
        )
    return f"{_PAIRED}. The strictest baseline is first."


def _bracketed(differences: Iterable[Difference]) -> bool:
    """Whether any difference has an interval, which takes two seeds."""
    return any(math.isfinite(one.low) for one in differences)


def over_seeds(folders: Sequence[RunFolder], accounts: Sequence[Account]) -> OverSeeds | None:
    """Group runs that differ in their seed alone; None if groups add no information.

    Runs without an accuracy, or of streams without measures, are left out, and so is a second run of the same group
    and seed. At least one group must have two runs, and all runs must be evaluated on the same part.

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
    found: dict[tuple[str, ...], dict[int, Account]] = {}
    for account in measured:
        runs = found.setdefault((*(account.setting(path) for path in differing), account.word), {})
        runs.setdefault(int(account.parameters["seed"]), account)
    if max(map(len, found.values()), default=0) < 2:
        return None
    first = next(iter(found.values()))
    groups = tuple(_group(differing, values, runs, first) for values, runs in found.items())
    remarks = _remarks(groups, list(found.values()), experiments)
    if measured[0].evaluated_on == "test":
        remarks.append("These are test pictures: choose settings with --validation, or by a sweep.")
    return OverSeeds(groups, tuple(remarks))


def _group(
    differing: Sequence[str], values: Sequence[str], runs: Mapping[int, Account], first: Mapping[int, Account]
) -> Group:
    own, reference = ({seed: _accuracy(account) for seed, account in r.items()} for r in (runs, first))
    names_of_all = dict.fromkeys(name for one in own.values() for name in one)
    read = [name for name in names_of_all if all(name in one for one in own.values())]
    paired = [name for name in read if runs is not first and all(name in one for one in reference.values())]
    seeds, names = tuple(sorted(runs)), last_parts(differing)
    *settings, word = values
    label = ", ".join(f"{names[path]} = {value}" for path, value in zip(differing, settings, strict=True))
    accuracy, baselines = {name: spread([own[seed][name] for seed in seeds]) for name in read}, _above_baselines(runs)
    return Group(
        f"{label} ({word})".lstrip() if word else label,
        tuple(runs[seed].name for seed in seeds),
        seeds,
        accuracy,
        {
            name: paired_difference(
                {seed: one[name] for seed, one in own.items()}, {seed: one[name] for seed, one in reference.items()}
            )
            for name in paired
        },
        baselines,
        _verdict(runs, accuracy, baselines),
    )


def _above_baselines(runs: Mapping[int, Account]) -> tuple[AboveBaseline, ...]:
    """Return the vote minus each baseline over the seeds of a group, the baseline of the highest accuracy first."""
    votes = {seed: metric.value for seed, run in runs.items() if (metric := run.metrics.get(_VOTE)) is not None}
    measured = {seed: baselines_of(runs[seed].metrics) for seed in votes}
    found = []
    for name in dict.fromkeys(name for one in measured.values() for name in one):
        values = {seed: one[name].value for seed, one in measured.items() if name in one}
        found.append(AboveBaseline(name, spread([*values.values()]), paired_difference(votes, values)))
    return tuple(sorted(found, key=lambda one: -one.accuracy.mean))


def _verdict(runs: Mapping[int, Account], accuracy: Mapping[str, Spread], baselines: Sequence[AboveBaseline]) -> str:
    """Say whether learning helped, over two seeds or more; empty where it is not known of each run."""
    if len(runs) < 2 or not all(map(verdict_of, runs.values())):
        return ""
    complete = [one for one in baselines if one.difference.n == len(runs)]
    return verdict(
        Metric(accuracy["vote"].mean),
        {one.name: Metric(one.accuracy.mean) for one in complete},
        flatters=any(account.start_flatters for account in runs.values()),
        paired={one.name: (one.difference.low, one.difference.high) for one in complete},
    )


def _accuracy(account: Account) -> dict[str, float]:
    """Return accuracies by read-out, or the measures of a stream."""
    found = {name: account.metrics.get(f"accuracy, {name}") for name in READOUTS}
    return {name: metric.value for name, metric in found.items() if metric is not None} or stream_measures(account)


def _format(name: str) -> tuple[float, int]:
    """Return the factor and the number of digits with which a measure is shown."""
    return (100, 2) if name in READOUTS else (1, 3)


def _remarks(
    groups: Sequence[Group], runs: Sequence[Mapping[int, Account]], experiments: Mapping[str, Experiment]
) -> list[str]:
    """Remarks on the initial experiments; later changes are part of the labels."""
    first, *others = (experiments[next(iter(members.values())).path] for members in runs)
    remarks = []
    if others:
        intervals = _bracketed(one for group in groups for one in group.differences.values())
        brackets = "; in brackets the 95 % t interval of their mean" if intervals else ""
        remarks.append(f"Differences from runs with {groups[0].label} are taken seed by seed{brackets}.")
    for group, other in zip(groups[1:], others, strict=True):
        for words, paths in islice(inputs_apart(first, other), 1):
            how = f"{words} ({', '.join(paths)})"
            remarks.append(f"Runs with {group.label} were {how}, unlike those with {groups[0].label}.")
    return remarks
