"""How much of an input spike reaches the traces of neighbouring inputs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from stdpbench.engine.network.elements import spread_synapses


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("shape", [(9, 7), (1, 12), (12,)])
def test_a_spike_is_a_gaussian(shape: tuple[int, ...], sigma: float) -> None:
    synapses, amounts = spread_synapses(shape, sigma)
    grid = (1, *shape) if len(shape) == 1 else shape
    spikes = np.zeros(grid)
    spikes[0, 3] = 1.0
    spikes[-1, -1] += 2.0
    blur = (0.0 if grid[0] == 1 else sigma, sigma)
    reach = int(np.ceil(3 * sigma))
    radius = (0 if grid[0] == 1 else reach, reach)
    expected = gaussian_filter(spikes, blur, mode="constant", radius=radius)
    found = spikes.reshape(-1) @ synapses.dense(amounts)
    np.testing.assert_allclose(found, expected.reshape(-1), atol=1e-12)


def test_all_of_it_stays_away_from_the_border_and_none_goes_to_other_units() -> None:
    synapses, amounts = spread_synapses((9, 9, 2), 1.0)
    matrix = synapses.dense(amounts).reshape(9, 9, 2, 9, 9, 2)
    assert matrix[4, 4, 0, :, :, 0].sum() == pytest.approx(1.0)
    assert matrix[0, 0, 0, :, :, 0].sum() < 0.6
    assert not matrix[..., 0, :, :, 1].any()
