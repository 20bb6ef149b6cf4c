"""Gradients of layers of spiking neurons, against finite differences of a network whose spikes are smooth."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from stdpbench.experiment.references.optimizer import Adam
from stdpbench.experiment.references.spiking_layers import Neurons, backward, forward
from stdpbench.experiment.references.surrogates import USUAL_K, Kind, Surrogate

N_STEPS, SIZES = 7, (5, 6, 4, 3)
_random = np.random.default_rng(4)
INPUTS = _random.uniform(0, 1, (3, SIZES[0]))
WEIGHTS = [_random.normal(0, 0.8, shape) for shape in pairwise(SIZES)]
TO_SPIKES, TO_V = (_random.normal(0, 1, (N_STEPS, 3, SIZES[-1])) for _ in range(2))


def integral(surrogate: Surrogate, u: NDArray[Any]) -> NDArray[Any]:
    """Integral of the slope from 0 to each u: a smooth spike."""
    k = surrogate.k
    match surrogate.kind:
        case "fast-sigmoid":
            return np.asarray(u / (1 + k * np.abs(u)))
        case "arctan":
            return np.asarray(np.arctan(np.pi / 2 * k * u) / np.pi)
        case "sigmoid":
            return np.asarray(1 / (1 + np.exp(-k * u)) - 0.5)
        case "triangle":
            within = np.clip(u, -1 / k, 1 / k)
            return np.asarray(within - k * within * np.abs(within) / 2)


def loss(weights: list[NDArray[Any]], layers: list[Neurons], surrogate: Surrogate) -> float:
    last = forward(INPUTS, weights, N_STEPS, layers, partial(integral, surrogate))[-1]
    return float((last.spikes * TO_SPIKES).sum() + (last.v * TO_V).sum())


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("spiking_output", [True, False])
def test_the_gradient_is_that_of_finite_differences(kind: Kind, reset: Any, spiking_output: bool) -> None:
    # k of the usual size: narrower functions need smaller differences than float64 allows
    surrogate = Surrogate(kind, {"fast-sigmoid": 3.0, "sigmoid": 4.0, "triangle": 0.7}.get(kind, USUAL_K[kind]))
    layers = [Neurons(0.8, 0.6, reset)] * 3
    if not spiking_output:
        layers[-1] = Neurons(0.8, 0.6, "none")
    courses = forward(INPUTS, WEIGHTS, N_STEPS, layers, partial(integral, surrogate))
    found = backward(INPUTS, WEIGHTS, courses, layers, surrogate, TO_SPIKES, TO_V)
    step = 1e-6
    for number, w in enumerate(WEIGHTS):
        expected = np.zeros_like(w)
        for place in np.ndindex(*w.shape):
            changed = [each.copy() for each in WEIGHTS]
            changed[number][place] += step
            above = loss(changed, layers, surrogate)
            changed[number][place] -= 2 * step
            expected[place] = (above - loss(changed, layers, surrogate)) / (2 * step)
        error = np.abs(found[number] - expected).max() / np.abs(expected).max()
        assert error <= 1e-5, (number, error)


def test_without_the_reset_the_gradient_is_another() -> None:
    surrogate, layers = Surrogate("arctan", 2.0), [Neurons(0.8, 0.6)] * 3
    courses = forward(INPUTS, WEIGHTS, N_STEPS, layers)
    whole, part = (
        backward(INPUTS, WEIGHTS, courses, layers, surrogate, TO_SPIKES, None, through_reset=through)
        for through in (True, False)
    )
    assert all(not np.allclose(a, b) for a, b in zip(whole[:-1], part[:-1], strict=True))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_surrogate_is_the_slope_of_its_integral_and_largest_at_the_threshold(kind: Kind) -> None:
    surrogate, u = Surrogate(kind, USUAL_K[kind]), np.linspace(-1.3, 1.3, 401)
    slope = surrogate.slope(u)
    assert slope.argmax() == 200
    assert integral(surrogate, np.zeros(1))[0] == 0
    middle = (np.diff(integral(surrogate, u)) / np.diff(u), (slope[1:] + slope[:-1]) / 2)
    np.testing.assert_allclose(*middle, atol=0.02 * slope.max())
    assert surrogate.slope(u.astype(np.float32)).dtype == np.float32


def test_a_hand_computed_neuron() -> None:
    # V: 0, 0.6, 0.9 (0.5*0.6 + 0.6), 1.05 -> spike, 0.125 (0.525 + 0.6 - 1)
    layers, w = [Neurons(0.5, 1.0)], [np.array([[0.6]])]
    course = forward(np.ones((1, 1)), w, 5, layers)[0]
    np.testing.assert_allclose(course.v[:, 0, 0], [0, 0.6, 0.9, 1.05, 0.125])
    assert course.spikes[:, 0, 0].tolist() == [0, 0, 0, 1, 0]
    course = forward(np.ones((1, 1)), w, 5, [Neurons(0.5, 1.0, "zero")])[0]
    np.testing.assert_allclose(course.v[:, 0, 0], [0, 0.6, 0.9, 1.05, 0.6])


def test_adam_moves_by_the_learning_rate_at_first_and_continues_from_its_state() -> None:
    one, other = [np.array([1.0, -2.0])], [np.array([1.0, -2.0])]
    first = Adam(one)
    first.step([np.array([0.3, -5.0])], 0.01)
    np.testing.assert_allclose(one[0], [0.99, -1.99], atol=1e-6)
    other[0][...] = one[0]
    second = Adam(other)
    second.restore(first.state())
    for adam in (first, second):
        adam.step([np.array([0.1, 0.2])], 0.01)
    assert np.array_equal(one[0], other[0])
