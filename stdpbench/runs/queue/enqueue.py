"""Build and check experiments before they enter the queue, so that mistakes show at once and not hours later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stdpbench.experiment import Experiment, parse_assignment, read_experiment
from stdpbench.runs.protocol.options import Options


def experiments_of(name: str, assignments: Sequence[str], seeds: Sequence[int]) -> list[Experiment]:
    """Build the experiments to enqueue, one per seed.

    Parameters
    ----------
    name : str
        Name of a shipped experiment, or path of a TOML file.
    assignments : sequence of str
        ``PATH=VALUE``, as after ``--set``.
    seeds : sequence of int
        One experiment is built for each seed; if empty, a single one with the seed of the base experiment.

    Raises
    ------
    StdpbenchError
        If the experiment or a parameter does not exist, or a value is invalid.
    """
    changes: dict[str, Any] = dict(parse_assignment(text) for text in assignments)
    base = read_experiment(name)
    return [base.override({**changes, "seed": seed}) for seed in seeds] or [base.override(changes)]


def check_data(experiment: Experiment, options: Options) -> None:
    """Check that the pictures of an experiment exist and match the network, and that its weights match, too.

    Raises
    ------
    StdpbenchError
        If a check fails.
    """
    from stdpbench.runs.preparation.start import check_brightness, check_weights, load_split

    split = load_split(experiment, options.validation)
    check_weights(experiment, split)
    check_brightness(experiment, split)
