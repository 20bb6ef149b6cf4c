"""A training step of the surrogate reference beside that of snnTorch and PyTorch, where these are installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stdpbench.experiment.references.loss import cross_entropy
from stdpbench.experiment.references.optimizer import Adam
from stdpbench.experiment.references.spiking_layers import Neurons, backward, forward
from stdpbench.experiment.references.surrogates import Kind, Surrogate

N_STEPS, BETA, SCALE, RATE = 12, 0.9, 0.3, 1e-3


@pytest.mark.parametrize(("kind", "k"), [("fast-sigmoid", 25.0), ("arctan", 2.0), ("sigmoid", 25.0)])
def test_a_training_step_is_that_of_snntorch(kind: Kind, k: float) -> None:
    """Spikes, loss, gradients and the weights after a step of Adam; snnTorch's gradient skips the reset."""
    torch = pytest.importorskip("torch")
    snntorch = pytest.importorskip("snntorch")
    random = np.random.default_rng(3)
    pictures, labels = random.random((20, 15)), random.integers(0, 4, 20)
    weights = [random.normal(0, 1 / np.sqrt(n), (n, m)) for n, m in ((15, 30), (30, 4))]
    theirs = [torch.tensor(w, requires_grad=True) for w in weights]

    neurons = [Neurons(BETA)] * 2
    courses = forward(pictures, weights, N_STEPS, neurons)
    loss, _, g_outputs = cross_entropy(courses[-1].spikes.sum(axis=0), labels, 4, SCALE)
    g_spikes = np.broadcast_to(g_outputs, courses[-1].spikes.shape)
    surrogate = Surrogate(kind, k)
    gradients = backward(pictures, weights, courses, neurons, surrogate, g_spikes, None, through_reset=False)

    slopes: dict[str, Any] = {
        "fast-sigmoid": snntorch.surrogate.fast_sigmoid(slope=k),
        "arctan": snntorch.surrogate.atan(alpha=k),
        "sigmoid": snntorch.surrogate.sigmoid(slope=k),
    }
    beta = torch.tensor(BETA, dtype=torch.float64)  # from a float, snnTorch makes one of single precision
    leaky = [snntorch.Leaky(beta=beta, spike_grad=slopes[kind]) for _ in theirs]
    current = torch.tensor(pictures) @ theirs[0]
    v, spikes = [torch.zeros(20, n, dtype=torch.float64) for n in (30, 4)], torch.zeros(20, 30, dtype=torch.float64)
    counts = torch.zeros(20, 4, dtype=torch.float64)
    fired = []
    for _ in range(1, N_STEPS):  # in the first step, there is nothing yet; a spike acts in the step after
        before = spikes
        spikes, v[0] = leaky[0](current, v[0])
        answers, v[1] = leaky[1](before.double() @ theirs[1], v[1])  # snnTorch's spikes are of single precision
        counts = counts + answers
        fired.append(spikes.detach().numpy())
    of_theirs = torch.nn.functional.cross_entropy(SCALE * counts, torch.tensor(labels))
    optimizer = torch.optim.Adam(theirs, lr=RATE)
    of_theirs.backward()
    wanted = [w.grad.numpy().copy() for w in theirs]
    optimizer.step()

    np.testing.assert_array_equal(courses[0].spikes[1:], fired)
    np.testing.assert_array_equal(courses[1].spikes.sum(axis=0), counts.detach().numpy())
    assert counts.sum() > 0
    assert loss == pytest.approx(of_theirs.item(), rel=1e-6)
    for mine, found in zip(gradients, wanted, strict=True):
        # Its gradients pass through spikes of single precision, with a relative error of 6e-8 in every step.
        np.testing.assert_allclose(mine, found, rtol=1e-5, atol=1e-7 * np.abs(found).max())
    Adam(weights).step(gradients, RATE)
    for mine, found in zip(weights, theirs, strict=True):
        np.testing.assert_allclose(mine, found.detach().numpy(), rtol=1e-6, atol=1e-5 * RATE)
