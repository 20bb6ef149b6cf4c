from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused
from scipy import stats

from stdpbench.kinds.encoding import PHASES, Spikes, generator
from stdpbench.kinds.encoding.poisson import Poisson

DT = 0.0005
BINS = 700
SIGNIFICANCE = 1e-4  # seeds are fixed: a test passes always or never, and this says how surprising a failure is


def encode(
    image: NDArray[np.float64],
    *,
    encoder: Poisson | None = None,
    seed: int = 0,
    phase: str = "train",
    presentation: int = 0,
    attempt: int = 0,
    n_bins: int = BINS,
) -> Spikes:
    rng = generator(seed, phase, presentation, attempt)
    return (encoder or Poisson()).encode(image, rng, attempt=attempt, n_bins=n_bins, dt=DT)


def cells(spikes: Spikes, n_input: int, n_bins: int = BINS) -> NDArray[np.int64]:
    """Spikes per (bin, pixel)."""
    counts = np.zeros((n_bins, n_input), np.int64)
    np.add.at(counts, (spikes.bin, spikes.index), 1)
    return counts


@pytest.fixture
def image() -> NDArray[np.float64]:
    grey = np.random.default_rng(5).integers(0, 256, 784).astype(np.float64)
    grey[:300] = 0
    grey[300] = 255
    return grey


@pytest.mark.parametrize(("grey", "attempt"), [(255.0, 0), (255.0, 19), (128.0, 0), (1.0, 0), (0.25, 3)])
def test_rate_and_fano_factor_are_those_of_bernoulli_trials(grey: float, attempt: int) -> None:
    pixels, presentations = 400, 25
    p = grey * 0.125 * (2 + attempt) * DT
    counts = np.concatenate(
        [
            cells(encode(np.full(pixels, grey), presentation=number, attempt=attempt), pixels).sum(axis=0)
            for number in range(presentations)
        ]
    )
    assert stats.binomtest(int(counts.sum()), BINS * len(counts), p).pvalue > SIGNIFICANCE
    # the variance of a binomial count is n p (1 - p): its Fano factor is 1 - p, and known to within
    variance, excess = (float(value) for value in stats.binom(BINS, p).stats("vk"))
    error = np.sqrt((2 + excess) / len(counts))
    fano = ((counts - BINS * p) ** 2).mean() / (BINS * p)
    assert variance / (BINS * p) == pytest.approx(1 - p)
    assert fano == pytest.approx(1 - p, abs=4 * error)


def test_counts_of_each_grey_level_follow_the_binomial_distribution() -> None:
    greys, pixels = (20.0, 80.0, 255.0), 200
    image = np.repeat(greys, pixels)  # candidates are drawn at the brightest rate, so levels must be mixed
    encoder = Poisson(rate_per_grey=2.0)
    counts = np.stack(
        [cells(encode(image, encoder=encoder, presentation=number), len(image)).sum(axis=0) for number in range(20)]
    )
    for level, grey in enumerate(greys):
        observed = counts[:, level * pixels : (level + 1) * pixels].ravel()
        law = stats.binom(BINS, grey * 2.0 * 2 * DT)
        edges = np.unique(law.ppf(np.linspace(0, 1, 11)[1:-1]))
        found = np.bincount(np.searchsorted(edges, observed), minlength=len(edges) + 1)
        expected = np.diff([0, *law.cdf(edges), 1]) * len(observed)
        assert stats.chisquare(found, expected).pvalue > SIGNIFICANCE


def test_bins_and_pixels_are_independent_of_each_other() -> None:
    pixels, p = 50, 0.2
    encoder = Poisson(rate_per_grey=p / (255 * 2 * DT))
    trials = np.stack(
        [cells(encode(np.full(pixels, 255.0), encoder=encoder, presentation=number), pixels) for number in range(10)]
    )
    assert trials.max() == 1
    for earlier, later in ((trials[:, :-1], trials[:, 1:]), (trials[:, :, :-1], trials[:, :, 1:])):
        both = int((earlier & later).sum())
        assert stats.binomtest(both, earlier.size, p * p).pvalue > SIGNIFICANCE
    for axis in ((0, 1), (0, 2)):
        sums = trials.sum(axis=axis)
        expected = np.full(len(sums), sums.mean())
        scaled = ((sums - expected) ** 2 / (expected * (1 - p))).sum()
        assert stats.chi2.sf(scaled, len(sums) - 1) > SIGNIFICANCE


def test_other_seeds_phases_presentations_and_attempts_are_independent(image: NDArray[np.float64]) -> None:
    others = [
        {"seed": 1},
        {"seed": 2**32},
        {"seed": 2**63 - 1},
        *({"phase": phase} for phase in PHASES[1:]),
        {"presentation": 1},
        {"presentation": 59_999},
        {"attempt": 1},
    ]
    constant = Poisson(intensity_step=0.0)
    p = image * 0.125 * 2 * DT
    shared = BINS * (p * p).sum()  # spikes that two independent draws have in common, on average
    base = cells(encode(image, encoder=constant), len(image))
    for other in others:
        drawn = cells(encode(image, encoder=constant, **other), len(image))  # type: ignore[arg-type]
        assert stats.poisson.sf((base & drawn).sum() - 1, shared) > SIGNIFICANCE
        assert stats.poisson.cdf((base & drawn).sum(), shared) > SIGNIFICANCE


@pytest.mark.parametrize("rate", [1 / (255 * 2 * DT), 100.0])
def test_a_probability_of_one_or_more_is_refused_in_a_sentence(rate: float) -> None:
    with refused("a pixel of 255 would fire with probability", "encoding.rate_per_grey"):
        encode(np.full(4, 255.0), encoder=Poisson(rate_per_grey=rate))


def test_the_probability_of_a_pixel_grows_with_each_attempt() -> None:
    assert Poisson().probability(255.0, 0, DT) == pytest.approx(63.75 * DT)
    assert Poisson().probability(255.0, 3, DT) == pytest.approx(2.5 * 63.75 * DT)
