"""Whether learning helped, in a sentence: the vote of a network against its baselines."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from stdpbench.results.readout.baselines import SAMPLES
from stdpbench.results.readout.metric import Metric

K_MEANS = "k-means"
UNTRAINED = ("start weights", "random weights")
"""Baselines that flatter learning where thresholds learn, too: theirs have not adapted to their weights."""
FLATTERS = "flatters learning"
"""The mark of a handicapped baseline."""


def difference_interval(vote: Metric, other: Metric) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two accuracies, vote minus the other, from their own intervals.

    It is that of accuracies on different pictures (Newcombe 1998, method 10). They are measured on the same ones,
    mostly, so it is wider than it has to be.

    Parameters
    ----------
    vote, other : Metric
        With their Wilson intervals.
    """
    assert vote.low is not None
    assert vote.high is not None
    assert other.low is not None
    assert other.high is not None
    difference = vote.value - other.value
    below = difference - hypot(vote.value - vote.low, other.high - other.value)
    return below, difference + hypot(vote.high - vote.value, other.value - other.low)


def verdict(
    vote: Metric,
    baselines: Mapping[str, Metric],
    *,
    flatters: bool,
    paired: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Say whether learning helped.

    It did where the vote is above every baseline in which nothing has learned, with the interval of the difference
    above 0. k-means is another method, and named where the vote is not above it.

    Parameters
    ----------
    vote : Metric
        The accuracy of the network.
    baselines : mapping of str to Metric
        Accuracies of baselines by name.
    flatters : bool
        Whether thresholds learn, so that the baselines `UNTRAINED` are handicapped and show nothing.
    paired : mapping of str to (float, float), optional
        Intervals of the differences from baselines, paired by seed. Default: those of one run (`difference_interval`).

    Returns
    -------
    str
        A sentence.
    """
    fair = {name: one for name, one in baselines.items() if not (flatters and name in UNTRAINED)}
    if not fair.keys() - {K_MEANS}:
        return f"Whether learning helps is not known: {SAMPLES} were not measured."
    bounds = {name: difference_interval(vote, one) for name, one in fair.items()} if paired is None else paired
    names = sorted(fair, key=lambda name: -fair[name].value)
    below = [name for name in names if bounds[name][0] <= 0]
    texts = {name: f"{name} {100 * fair[name].value:.1f} %" for name in names}
    own, here = f"vote {100 * vote.value:.1f} %", " in this run" if paired is None else ""
    if below not in ([], [K_MEANS]):
        return f"Learning is not shown to help{here}: {', '.join([own, *(texts[name] for name in below)])}."
    above = ", ".join([own, *(texts[name] for name in names if name not in below)])
    if not below:
        return f"Learning helps{here}: {above}."
    how = "is better" if bounds[K_MEANS][1] < 0 else "is not shown to be worse"
    return f"Learning helps{here}: {above}; but {texts[K_MEANS]} {how}."
