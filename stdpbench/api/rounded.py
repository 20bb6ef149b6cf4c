"""Weights of few bits: while a network learns, and of a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stdpbench.api.aside import command_result
from stdpbench.api.view import RunView
from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.rounding import checked_bits

_PATH = "simulator.weight_bits"


class RoundedRun(RunView):
    """What becomes of a finished run if its weights are rounded."""

    def scores_with_bits(
        self, *bits: int, rounding: str | None = None, workers: int = 0
    ) -> dict[str, dict[str, float]]:
        """Show the test stimuli again with weights of few bits, and return the accuracies of the read-outs.

        The run and its results stay; the labels of the test stimuli are read, which its journal notes. The network
        runs in other processes, and each number of bits takes as long as the test.

        Parameters
        ----------
        *bits : int
            Numbers of bits, 1 to 24. Where weights have both signs, the sign takes one of them.
        rounding : {"nearest", "stochastic"}, optional
            Default: as the experiment declares (``simulator.weight_rounding``).
        workers : int
            Number of processes; 0: as many as processors and memory allow.

        Returns
        -------
        dict of str to dict
            By number of bits, such as ``"4"``, or ``"all"``: accuracy of each read-out, from 0 to 1.

        Raises
        ------
        StdpbenchError
            If a number of bits is out of range, there is no such rounding, or the run is not finished.
        """
        if not bits:
            raise StdpbenchError("give the numbers of bits, such as run.scores_with_bits(8, 4)")
        words = ["evaluate", str(self.path), "--workers", str(workers)]
        words += [f"--bits={checked_bits(each)}" for each in bits]
        words += [] if rounding is None else [f"--rounding={rounding}"]
        found: dict[str, dict[str, float]] = command_result(*words)["accuracy"]
        return found


def with_bits(changes: Mapping[str, Any], bits: int | None) -> dict[str, Any]:
    """Return changes with that of ``bits``.

    Raises
    ------
    StdpbenchError
        If there can be no such number of bits, or the changes give one, too.
    """
    if bits is None:
        return dict(changes)
    if _PATH in changes:
        raise StdpbenchError(f"bits and {_PATH} say the same: leave out one of them")
    return {**changes, _PATH: checked_bits(bits)}
