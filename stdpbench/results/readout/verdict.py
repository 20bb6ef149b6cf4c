"""Judge whether learning helped, from the vote of a network and its baselines."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from stdpbench.results.readout.baselines import K_MEANS, SAMPLES
from stdpbench.results.readout.metric import Metric

UNTRAINED = ("start weights", "random weights")
"""Baselines that flatter learning if thresholds are adaptive, since their thresholds have not adapted."""
FLATTERS = "flatters learning"
"""Mark of a handicapped baseline."""


def difference_interval(vote: Metric, other: Metric) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two accuracies, vote minus the other, from their own intervals.

    It is the interval for independent samples (Newcombe 1998, method 10). Both accuracies are usually measured on the
    same pictures, so it is conservative.

    Parameters
    ----------
    vote, other : Metric
        Accuracies with their Wilson intervals.
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
    """Return a sentence on whether learning helped.

    It helped if the vote is above every baseline without learning, with the interval of the difference above 0, and
    did not help if the vote is below one, with the interval below 0.
    k-means is another method, and is mentioned if the vote is not above it. Of several kinds of k-means, the most
    accurate one counts.

    Parameters
    ----------
    vote : Metric
        The accuracy of the network.
    baselines : mapping of str to Metric
        Accuracies of baselines by name.
    flatters : bool
        Whether thresholds are adaptive, so that the baselines `UNTRAINED` are handicapped and are ignored.
    paired : mapping of str to (float, float), optional
        Intervals of the differences from baselines, paired by seed. Default: `difference_interval` of one run.

    Returns
    -------
    str
        A sentence.
    """
    fair = {name: baseline for name, baseline in baselines.items() if not (flatters and name in UNTRAINED)}
    k_means = max((name for name in K_MEANS.values() if name in fair), key=lambda name: fair[name].value, default="")
    fair = {name: baseline for name, baseline in fair.items() if name == k_means or name not in K_MEANS.values()}
    if not fair.keys() - {k_means}:
        return f"Whether learning helps is not known: {SAMPLES} were not measured."
    bounds = paired
    if bounds is None:
        bounds = {name: difference_interval(vote, baseline) for name, baseline in fair.items()}
    names = sorted(fair, key=lambda name: -fair[name].value)
    below = [name for name in names if bounds[name][0] <= 0]
    texts = {name: f"{name} {100 * fair[name].value:.1f} %" for name in names}
    vote_text, scope = f"vote {100 * vote.value:.1f} %", " in this run" if paired is None else ""
    if below not in ([], [k_means]):
        worse = any(bounds[name][1] < 0 for name in below if name != k_means)
        judged = "does not help" if worse else "is not shown to help"
        return f"Learning {judged}{scope}: {', '.join([vote_text, *(texts[name] for name in below)])}."
    above = ", ".join([vote_text, *(texts[name] for name in names if name not in below)])
    if not below:
        return f"Learning helps{scope}: {above}."
    comparison = "is better" if bounds[k_means][1] < 0 else "is not shown to be worse"
    return f"Learning helps{scope}: {above}; but {texts[k_means]} {comparison}."
