"""Latency and delta coding beside snnTorch 1.0.0, where installed, with the differences that docstrings state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stdpbench.data.stimuli import Signal
from stdpbench.kinds.encoding import encoders

torch: Any = pytest.importorskip("torch")
spikegen: Any = pytest.importorskip("snntorch.spikegen")

X = np.random.default_rng(0).random(300)
N_STEPS = 80


def ours(**values: Any) -> dict[int, int]:
    """Return the step of the spike of each input that has one, at 1 ms per step and pixels from 0 to 1."""
    encoder = encoders.build({"kind": "latency", "white": 1.0, **values}, "encoding")
    spikes = encoder.encode(X, np.random.default_rng(0), attempt=0, n_bins=N_STEPS, dt=1e-3)
    return dict(zip(spikes.index.tolist(), spikes.bin.tolist(), strict=True))


@pytest.mark.parametrize("form", ["linear", "logarithmic"])
def test_times_are_those_of_snntorch_in_the_step_in_which_they_lie(form: str) -> None:
    threshold, tau = 0.1, (N_STEPS if form == "linear" else 20)
    code = spikegen.latency_code_linear if form == "linear" else spikegen.latency_code_log
    times = code(torch.tensor(X), num_steps=N_STEPS, threshold=threshold, tau=tau).numpy()
    found = ours(form=form, x_min=threshold, tau=f"{tau} ms")
    for number, x in enumerate(X):
        if x <= threshold:
            assert number not in found  # snnTorch lets these fire in the last step, unless `clip`
        elif times[number] < N_STEPS - 0.01 and abs(times[number] - round(times[number])) > 1e-3:
            assert found[number] == int(times[number])


def test_a_slow_slope_is_lost_by_differences_of_samples() -> None:
    slope = np.linspace(0, 1, 101)
    spikes = spikegen.delta(torch.tensor(slope), threshold=0.25)
    assert not bool(spikes.any())
    encoder = encoders.build({"kind": "delta", "threshold": 0.25}, "encoding")
    found = encoder.encode_signal(Signal(slope[None], 1000.0), np.random.default_rng(0), n_bins=200, dt=1e-3)
    assert found.bin.tolist() == [25, 50, 75, 100]
