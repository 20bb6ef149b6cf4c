"""Disturbances have the stated effect, and none at their first level."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.encoding import CONTROLS
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.report.disturbances import KINDS, Disturbance, kinds_for

EXPERIMENT = Experiment.from_mapping({"seed": 3, "network": {"n_exc": 20, "weight_sum": 30.0}})
PIXELS = np.random.default_rng(0).integers(0, 200, (5, 20, 20)).astype(np.uint8)
W = np.random.default_rng(1).random((400, 20))
W *= 30.0 / W.sum(axis=0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_level_changes_nothing(kind):
    usual = Disturbance(kind, KINDS[kind].levels[0])
    np.testing.assert_array_equal(usual.pictures(PIXELS, 0, EXPERIMENT), PIXELS)
    np.testing.assert_array_equal(usual.weights(W, EXPERIMENT), W)
    assert usual.experiment(EXPERIMENT) == EXPERIMENT


@pytest.mark.parametrize("kind", ["noise", "occlusion", "shift", "rotation"])
def test_pictures_depend_on_their_number_alone(kind):
    spoilt = Disturbance(kind, KINDS[kind].levels[3])
    together = spoilt.pictures(PIXELS, 0, EXPERIMENT)
    assert (together != PIXELS).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(together[2:4], spoilt.pictures(PIXELS[2:4], 2, EXPERIMENT))
    np.testing.assert_array_equal(spoilt.weights(W, EXPERIMENT), W)


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
    synapses = Disturbance("synapses", 25).weights(W, EXPERIMENT)
    assert (synapses == 0).mean() == pytest.approx(0.25, abs=0.02)
    np.testing.assert_array_equal(synapses[synapses > 0], W[synapses > 0])
    neurons = Disturbance("neurons", 25).weights(W, EXPERIMENT)
    assert (~neurons.any(axis=0)).sum() == 5
    for kind in ("synapses", "neurons"):  # what is lost at a level is lost at the next
        some, more = (Disturbance(kind, level).weights(W, EXPERIMENT) for level in (25, 50))
        assert ((some == 0) <= (more == 0)).all()


def test_quantised_weights_take_few_values_and_keep_their_sum():
    for bits in (1, 2, 4):
        coarse = Disturbance("bits", bits).weights(W, EXPERIMENT)
        np.testing.assert_allclose(coarse.sum(axis=0), 30)
        assert len(np.unique(np.round(coarse[:, 0], 12))) <= 2**bits
    plain = EXPERIMENT.override({"network.weight_sum": "none"})
    np.testing.assert_allclose(Disturbance("bits", 8).weights(W, plain), W, atol=W.max() / 255 / 2 + 1e-12)


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
