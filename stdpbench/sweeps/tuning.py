"""Tuning: each arm gets the same number of trials, before the best settings of each are compared.

Which rule learns best cannot be told from rules at settings that happen to suit one of them. So every arm that says
what is tuned gets as many trials, judged by the sweep's metric: the first with the arm as it stands, the others with
settings drawn at random. Trials are judged on the validation part, as all of a sweep is; ``[tuning] set`` may give
them other pictures and fewer of them than those on which arms are compared, and `seeds` other seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stdpbench.sweeps.arms import Arm, Round, draw, fixed_arms, make_arm, shown
from stdpbench.sweeps.definition import NamedArm, Settings, Sweep, Tuning
from stdpbench.sweeps.state import SweepState


@dataclass(frozen=True)
class Trial:
    """One setting that was tried for an arm.

    Attributes
    ----------
    arm : str
        Label of the arm that is tuned.
    number : int
        From 0, which is the arm as it stands.
    settings : dict of str to Any
        What was drawn: dotted path to value.
    run : Arm
        What is run with every seed of the tuning.
    """

    arm: str
    number: int
    settings: Settings
    run: Arm

    def worth(self, sweep: Sweep, state: SweepState) -> float | None:
        """Mean of the sweep's metric over seeds; None unless all of its runs are finished."""
        found = [state.results.get(self.run.experiment(seed).digest) for seed in _tuning(sweep).seeds]
        values = [result.accuracy[sweep.metric] for result in found if result is not None]
        return sum(values) / len(values) if len(values) == len(found) else None


def trials_of(sweep: Sweep) -> tuple[Trial, ...]:
    """All trials of a sweep: the first of every arm, then the second of every arm, and so on.

    Raises
    ------
    StdpbenchError
        If a setting is refused; the sentence names trial and dotted path.
    """
    if sweep.tuning is None:
        return ()
    tuned = [arm for arm in sweep.arm if arm.tune]
    return tuple(_trial(sweep, sweep.tuning, arm, number) for number in range(sweep.tuning.n_trials) for arm in tuned)


def best_of(sweep: Sweep, state: SweepState, label: str) -> Trial | None:
    """The trial of an arm that came out best, the first of those that are as good; None if no trial is finished."""
    known = [(trial.worth(sweep, state), trial) for trial in trials_of(sweep) if trial.arm == label]
    finished = [(worth, trial) for worth, trial in known if worth is not None]
    return max(finished, key=lambda pair: pair[0])[1] if finished else None  # max takes the first of equals


def tuning_round(sweep: Sweep) -> Round | None:
    """What is run before arms are compared; None where nothing is tuned."""
    trials = trials_of(sweep)
    return Round([trial.run for trial in trials], _tuning(sweep).seeds, compared=False) if trials else None


def tuned_arms(sweep: Sweep, state: SweepState) -> tuple[Arm, ...]:
    """The arms as they are compared: those that are tuned at the best settings that were found."""
    best = {arm.label: best_of(sweep, state, arm.label) for arm in sweep.arm if arm.tune and sweep.tuning is not None}

    def tuned(arm: Arm) -> Arm:
        found = best.get(arm.label)
        if found is None:
            return arm
        return make_arm(sweep, arm.label, arm.label, {**arm.settings, **found.settings})

    return tuple(tuned(arm) for arm in fixed_arms(sweep))


def tuning_table(sweep: Sweep, state: SweepState) -> list[dict[str, Any]]:
    """What was tried for each arm and what came out of it, for files."""
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
    """A sentence per tuned arm: what was chosen for it, and what came out of that; none before all trials are over."""
    over = state.results.keys() | state.failures.keys()
    tuning = tuning_round(sweep)
    if tuning is None or any(job.key not in over for job in tuning.jobs):
        return []
    sentences: list[str] = []
    for arm in sweep.arm:
        found = best_of(sweep, state, arm.label) if arm.tune else None
        if found is not None:
            said = ", ".join(f"{path} = {shown(value)}" for path, value in found.settings.items()) or "as it stands"
            worth = found.worth(sweep, state) or 0.0
            sentences.append(f"Tuned: {arm.label}: {said} ({sweep.metric} {100 * worth:.2f} % in the tuning).")
    return sentences


def _trial(sweep: Sweep, tuning: Tuning, arm: NamedArm, number: int) -> Trial:
    drawn = draw(arm.tune, tuning.seed, number) if number else {}
    said = ", ".join(f"{path.rpartition('.')[2]} = {shown(value)}" for path, value in drawn.items())
    label = f"{arm.label}, trial {number}{f': {said}' if said else ''}"
    settings = {**tuning.set, **arm.set, **drawn}
    return Trial(arm.label, number, drawn, make_arm(sweep, label, f"{arm.label}, trial {number}", settings))


def _tuning(sweep: Sweep) -> Tuning:
    assert sweep.tuning is not None
    return sweep.tuning
