"""Disturbances have the stated effect, and none at their first level."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Learned
from stdpbench.engine.network.rounding import quantised
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.kinds.encoding import CONTROLS
from stdpbench.studies.report.disturbances import KINDS, Disturbance, kinds_for

EXPERIMENT = Experiment.from_mapping({"seed": 3, "network": {"n_exc": 20, "weight_sum": 30.0}})
PIXELS = np.random.default_rng(0).integers(0, 200, (5, 20, 20)).astype(np.uint8)
W = np.random.default_rng(1).random((400, 20))
W *= 30.0 / W.sum(axis=0)
THETA = np.random.default_rng(2).random(20) * 0.04


def disturbed(kind: str, level: float, made: Experiment = EXPERIMENT, w: np.ndarray = W) -> Learned:
    return Disturbance(kind, level).network(Learned({"feed.w": w, "exc.theta": THETA}), made.graph(400), made.seed)


def weights(kind: str, level: float, made: Experiment = EXPERIMENT, w: np.ndarray = W) -> np.ndarray:
    return disturbed(kind, level, made, w)["feed.w"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_level_changes_nothing(kind):
    usual = Disturbance(kind, KINDS[kind].levels[0])
    np.testing.assert_array_equal(usual.pictures(PIXELS, 0, EXPERIMENT), PIXELS)
    assert disturbed(kind, KINDS[kind].levels[0]) == Learned({"feed.w": W, "exc.theta": THETA})
    assert usual.experiment(EXPERIMENT) == EXPERIMENT


@pytest.mark.parametrize("kind", ["noise", "occlusion", "shift", "rotation"])
def test_pictures_depend_on_their_number_alone(kind):
    spoilt = Disturbance(kind, KINDS[kind].levels[3])
    together = spoilt.pictures(PIXELS, 0, EXPERIMENT)
    assert (together != PIXELS).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(together[2:4], spoilt.pictures(PIXELS[2:4], 2, EXPERIMENT))
    np.testing.assert_array_equal(weights(kind, KINDS[kind].levels[3]), W)


def test_noise_replaces_the_stated_share():
    dark = np.zeros((4, 60, 60))
    dark[:, 0, 0] = 255
    changed = Disturbance("noise", 20).pictures(dark, 0, EXPERIMENT) != dark
    assert changed.mean() == pytest.approx(0.2, abs=0.015)


def test_an_occlusion_is_one_black_square():
    white = np.full((3, 20, 20), 9.0)
    seen = Disturbance("occlusion", 30).pictures(white, 0, EXPERIMENT)
    for one in seen:
        rows, columns = np.nonzero(one == 0)
        assert len(rows) == 36
        assert np.ptp(rows) == np.ptp(columns) == 5


def test_a_shift_has_the_stated_distance():
    dot = np.zeros((1, 21, 21))
    dot[0, 10, 10] = 100.0
    seen = Disturbance("shift", 4).pictures(dot, 7, EXPERIMENT)[0].astype(float)
    rows, columns = np.indices(seen.shape)
    moved = np.hypot((seen * rows).sum() / seen.sum() - 10, (seen * columns).sum() / seen.sum() - 10)
    assert moved == pytest.approx(4, abs=0.05)
    assert seen.sum() == pytest.approx(100, rel=1e-3)


def test_pictures_of_one_pixel_sum_keep_it():
    scaled = EXPERIMENT.override({"data.pixel_sum": 5000.0})
    for kind in ("noise", "occlusion", "shift", "rotation"):
        seen = Disturbance(kind, KINDS[kind].levels[-1]).pictures(PIXELS, 0, scaled)
        np.testing.assert_allclose(seen.sum(axis=(1, 2), dtype=float), 5000, rtol=1e-4)


def test_networks_lose_the_stated_share():
    synapses = weights("synapses", 25)
    assert (synapses == 0).mean() == pytest.approx(0.25, abs=0.02)
    np.testing.assert_array_equal(synapses[synapses > 0], W[synapses > 0])
    assert (~weights("neurons", 25).any(axis=0)).sum() == 5
    for kind in ("synapses", "neurons"):  # what is lost at a level is lost at the next
        some, more = (weights(kind, level) for level in (25, 50))
        assert ((some == 0) <= (more == 0)).all()


def test_quantised_weights_take_few_values_and_keep_their_sum():
    for bits in (1, 2, 4):
        coarse = weights("bits", bits)
        np.testing.assert_allclose(coarse.sum(axis=0), 30)
        assert len(np.unique(np.round(coarse[:, 0], 12))) <= 2**bits
    plain = EXPERIMENT.override({"network.weight_sum": "none"})
    np.testing.assert_allclose(weights("bits", 8, plain), W, atol=W.max() / 255 / 2 + 1e-12)
    few, many = (weights("stochastic-bits", bits, plain) for bits in (2, 8))
    assert len(np.unique(few)) == 4
    assert few.mean() == pytest.approx(W.mean(), rel=0.01)
    np.testing.assert_allclose(many, W, atol=W.max() / 255 + 1e-12)
    np.testing.assert_array_equal(few, weights("stochastic-bits", 2, plain))


def test_thresholds_are_quantised_alone():
    coarse = disturbed("threshold-bits", 2)
    np.testing.assert_array_equal(coarse["feed.w"], W)
    np.testing.assert_allclose(coarse["exc.theta"] * 3 / THETA.max() % 1, 0, atol=1e-12)
    np.testing.assert_allclose(coarse["exc.theta"], THETA, atol=THETA.max() / 6 + 1e-12)
    assert "threshold-bits" in kinds_for(EXPERIMENT)
    assert "threshold-bits" not in kinds_for(read_experiment("surrogate-digits"))
    assert "threshold-bits" not in kinds_for(EXPERIMENT.override({"evaluation.thresholds": "start"}))


def test_pruning_removes_the_smallest_weights_and_keeps_sums():
    left = weights("pruned", 75)
    assert (left == 0).mean() == pytest.approx(0.75)
    assert W[left > 0].min() >= W[left == 0].max()
    np.testing.assert_allclose(left.sum(axis=0), 30)


def test_weights_of_both_signs_spend_a_bit_on_the_sign():
    signed = np.array([-1.0, -0.4, 0.0, 0.2, 0.6])
    np.testing.assert_allclose(quantised(signed, 2), [-1, 0, 0, 0, 1])
    np.testing.assert_allclose(quantised(signed, 3), np.array([-3, -1, 0, 1, 2]) / 3)
    np.testing.assert_allclose(quantised(signed, 1), np.array([-1, -1, 0, 1, 1]) * 0.44)


def test_neurons_of_a_sparse_network_are_deleted_too():
    graph = read_experiment("local-digits").graph(20, 20)
    name, shown = f"{graph.shown}.w", graph.synapses(graph.shown)
    lost = Disturbance("neurons", 50).network(Learned({name: np.ones(len(shown))}), graph, 1)[name]
    dead = np.bincount(shown.target, lost, shown.n_target) == 0
    assert dead.sum() == round(shown.n_target / 2)
    coarse = Disturbance("bits", 3).network(Learned({name: np.linspace(0.1, 1, len(shown))}), graph, 1)[name]
    np.testing.assert_allclose(np.bincount(shown.target, coarse), np.bincount(shown.target, coarse).mean())


def test_short_presentations_are_whole_steps_shown_once():
    short = Disturbance("duration", 30).experiment(EXPERIMENT)
    assert short.schedule.stimulus == pytest.approx(105)
    assert short.schedule.max_attempts == 1


def test_an_unknown_disturbance_is_refused():
    with pytest.raises(StdpbenchError, match="there is no disturbance 'noize'; did you mean 'noise'"):
        Disturbance("noize", 1)


def test_times_are_disturbed_where_an_encoder_uses_them_and_pictures_where_there_are_some() -> None:
    timed = EXPERIMENT.override({"encoding.kind": "latency"})
    events = Experiment.from_mapping({"data": {"kind": "order"}, "encoding": {"kind": "events"}})
    assert set(KINDS) - set(kinds_for(EXPERIMENT)) == set(CONTROLS)
    assert set(kinds_for(timed)) == set(KINDS)
    assert set(KINDS) - set(kinds_for(events)) == {"noise", "occlusion", "shift", "rotation"}
    for kind in CONTROLS:
        assert Disturbance(kind, 100).experiment(timed).schedule.timing == kind
    shown = events.data.prepare().test
    assert Disturbance("noise", 20).stimuli(shown, 0, events) is shown
