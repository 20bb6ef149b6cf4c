"""What is put into a queue, looked at before: what else would be said in the night is said now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stdpbench.experiment import Experiment, parse_assignment, read_experiment
from stdpbench.runs.protocol.options import Options


def experiments_of(name: str, assignments: Sequence[str], seeds: Sequence[int]) -> list[Experiment]:
    """The experiments that a person names.

    Parameters
    ----------
    name : str
        One that ships, or a TOML file.
    assignments : sequence of str
        ``PATH=VALUE``, as after ``--set``.
    seeds : sequence of int
        One experiment for each; without any, one with the seed that it has.

    Raises
    ------
    StdpbenchError
        If there is no such experiment, parameter or value.
    """
    changes: dict[str, Any] = dict(parse_assignment(text) for text in assignments)
    base = read_experiment(name)
    return [base.override({**changes, "seed": seed}) for seed in seeds] or [base.override(changes)]


def check_data(experiment: Experiment, options: Options) -> None:
    """See that an experiment has its pictures, and that they and its weights fit.

    Raises
    ------
    StdpbenchError
        If not.
    """
    from stdpbench.runs.preparation.start import check_brightness, check_weights, load_split

    split = load_split(experiment, options.validation)
    check_weights(experiment, split)
    check_brightness(experiment, split)
