"""Polychronous groups in networks of a few neurons, in which they are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import read_experiment
from stdpbench.results.readout.polychrony import Wiring, find_groups, shuffled
from stdpbench.runs.analysis.wiring import wiring_of

ANCHORS, MOTHER, CHAIN = (0, 1, 2), 3, 8
N = MOTHER + CHAIN + 1


def chain(**changes: object) -> Wiring:
    """Three anchors reach a mother at one time; from there on, each neuron is fired by the two before it.

    The mother fires 4 ms after the arrivals; a neuron with two strong arrivals at a time some time after them. Delays
    are those that make two arrivals meet, which the times of `fired` give.
    """
    fired = _times()
    rows = [(anchor, MOTHER, delay, 10.0) for anchor, delay in zip(ANCHORS, (5, 11, 20), strict=True)]
    # the last anchor and the mother fire the next one, and so on
    rows += [(anchor, MOTHER + 1, MEETS[0] - fired[anchor], 10.0) for anchor in ANCHORS]
    for k in range(1, CHAIN):
        meet = MEETS[k]
        rows += [(before, MOTHER + k + 1, meet - fired[before], 10.0) for before in (MOTHER + k - 1, MOTHER + k)]
    source, target, delay, weight = (np.array(column) for column in zip(*rows, strict=True))
    made = Wiring(
        *(np.full(N, value) for value in (0.02, 0.2, -65.0, 8.0)),
        np.ones(N, bool),
        source,
        target,
        delay,
        weight.astype(float),
        10.0,
    )
    return replace(made, **changes)


def after(n_arrivals: int) -> int:
    """Steps from arrivals of 10 mV at a time to the spike, from a loop over the equations."""
    v, u, drive, t = -70.0, -14.0, 10.0 * n_arrivals, 0
    while True:
        for _ in range(2):
            v += 0.5 * ((0.04 * v + 5) * v + 140 - u + drive)
        u += 0.02 * (0.2 * v - u)
        if v >= 30:
            return t
        drive, t = 0.0, t + 1


MEETS: list[int] = []


def _times() -> dict[int, int]:
    """When each neuron of the chain fires."""
    fired = {0: 15, 1: 9, 2: 0, MOTHER: 20 + after(3)}
    MEETS[:] = [28]
    fired[MOTHER + 1] = MEETS[0] + after(3)
    for k in range(1, CHAIN):
        MEETS.append(max(fired[MOTHER + k], fired[MOTHER + k - 1]) + 2)
        fired[MOTHER + k + 1] = MEETS[k] + after(2)
    return fired


def test_a_group_is_found_with_its_times_and_its_path() -> None:
    (group,) = find_groups(chain(), [MOTHER])
    assert (group.mother, group.anchors) == (MOTHER, ANCHORS)
    assert {neuron: t for t, neuron in group.spikes} == _times()
    assert group.path == CHAIN  # one link per neuron of the chain, the mother included: both begin at anchors
    first = next(link for link in group.links if link[3] == MOTHER)
    assert first[0] + {0: 5, 1: 11, 2: 20}[first[1]] == first[2] == 20
    assert find_groups(chain(), [MOTHER], shortest=CHAIN + 1) == []


def test_the_mother_is_the_neuron_that_all_anchors_reach() -> None:
    found = find_groups(chain())
    assert {group.mother for group in found} == {MOTHER, MOTHER + 1}
    assert {group.anchors for group in found} == {ANCHORS}


@pytest.mark.parametrize("change", ["late", "weak", "inhibited"])
def test_a_group_depends_on_delays_and_weights(change: str) -> None:
    made = chain()
    last = int(np.flatnonzero(made.target == MOTHER + 4)[-1])
    if change == "late":
        delay = made.delay.copy()
        delay[last] += 8
        changed = replace(made, delay=delay)
    elif change == "weak":
        weight = made.weight.copy()
        weight[last] = 9.4  # below 95 %
        changed = replace(made, weight=weight)
    else:
        weight = made.weight.copy()
        weight[last] = -10.0
        changed = replace(made, weight=weight)
    assert find_groups(changed, [MOTHER]) == []
    assert len(find_groups(changed, [MOTHER], shortest=3)) == 1


def test_anchors_that_contribute_once_are_not_counted() -> None:
    made = chain()
    kept = np.flatnonzero(~((made.source == 1) & (made.target == MOTHER + 1)))
    cut = {name: getattr(made, name)[kept] for name in ("source", "target", "delay", "weight")}
    assert find_groups(replace(made, **cut), [MOTHER]) == []


def test_shuffled_weights_are_the_same_ones_elsewhere() -> None:
    made = chain(weight=np.arange(len(chain().source)) * 1.0)
    other = shuffled(made, np.random.default_rng(0))
    assert sorted(other.weight) == sorted(made.weight)
    assert (other.weight != made.weight).any()
    assert other.target is made.target


def test_the_wiring_of_the_experiment_has_delays_of_1_to_20_ms() -> None:
    graph = read_experiment("polychrony-2006").graph()
    made = wiring_of(graph, {"exc_exc": np.full(64000, 9.0), "exc_inh": np.full(16000, 3.0)})
    assert (len(made.a), made.excitatory.sum(), made.w_max) == (1000, 800, 10.0)
    excitatory = made.source < 800
    assert set(np.unique(made.delay[excitatory])) == set(range(1, 21))
    assert set(np.unique(made.delay[~excitatory])) == {1}
    assert set(np.unique(made.weight)) == {-5.0, 3.0, 9.0}
    assert made.d[[0, 799, 800]].tolist() == [8, 8, 2]
    with pytest.raises(StdpbenchError, match="networks of izhikevich neurons"):
        wiring_of(read_experiment("vogels-2011").graph(), {})
