"""Tuning: each arm gets the same number of trials before arms are compared at their best settings.

Rules cannot be compared fairly at settings that happen to suit one of them. Every arm with ``tune`` therefore gets the
same number of trials: the first with the settings of the arm, the others with random settings. Trials are rated by the
sweep's metric on the validation part; ``[tuning] set`` may give them other and fewer pictures than the comparison, and
`seeds` other seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stdpbench.base.units import minus
from stdpbench.studies.sweeps.arms import Arm, Round, draw, fixed_arms, make_arm, shown
from stdpbench.studies.sweeps.definition import NamedArm, Settings, Sweep, Tuning
from stdpbench.studies.sweeps.result import is_share
from stdpbench.studies.sweeps.state import SweepState


@dataclass(frozen=True)
class Trial:
    """A trial of an arm.

    Attributes
    ----------
    arm : str
        Label of the tuned arm.
    number : int
        Number of the trial; 0 has the settings of the arm.
    settings : dict of str to Any
        Random settings: dotted path to value.
    run : Arm
        Arm to run with every seed of the tuning.
    seeds : tuple of int
        These seeds.
    """

    arm: str
    number: int
    settings: Settings
    run: Arm
    seeds: tuple[int, ...]

    def worth(self, sweep: Sweep, state: SweepState) -> float | None:
        """Return the mean of the sweep's metric over seeds; None unless all runs are finished."""
        return state.mean_over(self.run, self.seeds, sweep.metric)


def trials_of(sweep: Sweep) -> tuple[Trial, ...]:
    """Return all trials of a sweep: the first of every arm, then the second of every arm, and so on.

    Raises
    ------
    StdpbenchError
        If a setting is invalid; the message names trial and dotted path.
    """
    if sweep.tuning is None:
        return ()
    tuned = [arm for arm in sweep.arm if arm.tune]
    return tuple(_trial(sweep, sweep.tuning, arm, number) for number in range(sweep.tuning.n_trials) for arm in tuned)


def best_of(sweep: Sweep, state: SweepState, label: str) -> Trial | None:
    """Return the best trial of an arm, the first of equals; None if no trial is finished."""
    known = [(trial.worth(sweep, state), trial) for trial in trials_of(sweep) if trial.arm == label]
    finished = [(worth, trial) for worth, trial in known if worth is not None]
    return (
        max(finished, key=lambda pair: sweep.sign * pair[0])[1] if finished else None
    )  # max takes the first of equals


def tuning_round(sweep: Sweep) -> Round | None:
    """Return the round of trials before the comparison; None if nothing is tuned."""
    trials = trials_of(sweep)
    return Round([trial.run for trial in trials], trials[0].seeds, compared=False) if trials else None


def tuned_arms(sweep: Sweep, state: SweepState) -> tuple[Arm, ...]:
    """Return the arms to compare, tuned ones at their best settings."""
    best = {arm.label: best_of(sweep, state, arm.label) for arm in sweep.arm if arm.tune and sweep.tuning is not None}

    def tuned(arm: Arm) -> Arm:
        trial = best.get(arm.label)
        if trial is None:
            return arm
        return make_arm(sweep, arm.label, arm.label, {**arm.settings, **trial.settings})

    return tuple(tuned(arm) for arm in fixed_arms(sweep))


def tuning_table(sweep: Sweep, state: SweepState) -> list[dict[str, Any]]:
    """Return the trials of each arm with their results, for files."""
    rows: list[dict[str, Any]] = []
    best = {arm.label: best_of(sweep, state, arm.label) for arm in sweep.arm}
    for trial in sorted(trials_of(sweep), key=lambda trial: [arm.label for arm in sweep.arm].index(trial.arm)):
        chosen = best[trial.arm]
        rows.append(
            {
                "arm": trial.arm,
                "trial": trial.number,
                sweep.metric: trial.worth(sweep, state),
                "chosen": chosen is not None and chosen.number == trial.number,
                "settings": {path: shown(value) for path, value in trial.settings.items()},
            }
        )
    return rows


def chosen_settings(sweep: Sweep, state: SweepState) -> Sequence[str]:
    """Return a sentence per tuned arm: chosen settings and their result; none before all trials are over."""
    ended = state.results.keys() | state.failures.keys()
    tuning = tuning_round(sweep)
    if tuning is None or any(job.key not in ended for job in tuning.jobs):
        return []
    sentences: list[str] = []
    for arm in sweep.arm:
        trial = best_of(sweep, state, arm.label) if arm.tune else None
        if trial is not None:
            settings = (
                ", ".join(f"{path} = {shown(value)}" for path, value in trial.settings.items()) or "its own settings"
            )
            worth = trial.worth(sweep, state) or 0.0
            shown_worth = f"{100 * worth:.2f} %" if is_share(sweep.metric) else minus(f"{worth:.3f}")
            sentences.append(f"Tuned: {arm.label}: {settings} ({sweep.metric} {shown_worth} in the tuning).")
    return sentences


def _trial(sweep: Sweep, tuning: Tuning, arm: NamedArm, number: int) -> Trial:
    drawn = draw(arm.tune, tuning.seed, number) if number else {}
    values = ", ".join(f"{path.rpartition('.')[2]} = {shown(value)}" for path, value in drawn.items())
    label = f"{arm.label}, trial {number}{f': {values}' if values else ''}"
    settings = {**tuning.set, **arm.set, **drawn}
    run = make_arm(sweep, label, f"{arm.label}, trial {number}", settings)
    return Trial(arm.label, number, drawn, run, tuning.seeds)
