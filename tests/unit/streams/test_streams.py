"""Streams of spikes: the same for every cut, and with the statistics that they declare."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.streams import Stream
from stdpbench.kinds.streams.base import BLOCK
from stdpbench.kinds.streams.correlated_poisson import CorrelatedPoisson
from stdpbench.kinds.streams.none import NoInput
from stdpbench.kinds.streams.patterns import SLOTS, Patterns
from stdpbench.kinds.streams.poisson import PoissonInputs
from stdpbench.kinds.streams.spike_times import SpikeTimes

DT = 5e-4
PATTERNS = Patterns(n=60, n_pattern=30, pattern=20.0)


def spike_file(folder, name="mine.npz"):
    random = np.random.default_rng(1)
    index, time = random.integers(0, 9, 500), 5 * random.random(500)
    np.savez(folder / name, index=index, time=time)
    return SpikeTimes(path=str(folder / name))


@pytest.fixture(params=["poisson", "correlated", "long intervals", "patterns", "two patterns", "file", "none"])
def stream(request, tmp_path) -> Stream:
    return {
        "poisson": PoissonInputs(n=50, rate=30.0, n_extra=10, rate_extra=5.0),
        "correlated": CorrelatedPoisson(n=50, n_correlated=20, rate=30.0, n_extra=5),
        "long intervals": CorrelatedPoisson(n=10, n_correlated=5, rate=30.0, tau_c=3000.0),
        "patterns": PATTERNS,
        "two patterns": Patterns(n=60, n_pattern=20, patterns=2, pattern=20.0, jitter=5.0),
        "file": spike_file(tmp_path),
        "none": NoInput(),
    }[request.param]


def absolute(spikes: Spikes, start: int) -> list[tuple[int, int]]:
    return [(b + start, i) for b, i in zip(spikes.bin.tolist(), spikes.index.tolist(), strict=True)]


@pytest.mark.parametrize("length", [1, 97, BLOCK, 3000])
def test_the_cut_changes_no_spike(stream, length):
    end = 6 * BLOCK + 11 if length > 1 else 300
    whole = absolute(stream.spikes(7, 0, end, DT), 0)
    pieces = [
        each for at in range(0, end, length) for each in absolute(stream.spikes(7, at, min(at + length, end), DT), at)
    ]
    assert pieces == whole
    assert whole == sorted(set(whole))
    assert all(0 <= index < stream.n_inputs and 0 <= at < end for at, index in whole)


def test_the_seed_decides():
    one, other = (PATTERNS.spikes(seed, 0, 1000, DT) for seed in (1, 2))
    assert absolute(one, 0) != absolute(other, 0)


def test_poisson_rates_and_counts():
    stream = PoissonInputs(n=200, rate=20.0, n_extra=100, rate_extra=5.0)
    spikes = stream.spikes(1, 0, 40_000, DT)  # 20 s
    counts = np.bincount(spikes.index, minlength=300)
    assert counts[:200].mean() == pytest.approx(400, rel=0.02)
    assert counts[200:].mean() == pytest.approx(100, rel=0.05)
    assert counts[:200].var() / counts[:200].mean() == pytest.approx(0.99, abs=0.25)


def test_rates_of_a_group_fluctuate_together():
    stream = CorrelatedPoisson(n=400, n_correlated=200, rate=20.0, tau_c=20.0, n_extra=100, rate_extra=5.0)
    spikes = stream.spikes(3, 0, 200_000, DT)  # 100 s
    window = round(0.01 / DT)
    group, rest, extra = (
        np.bincount(spikes.bin[(first <= spikes.index) & (spikes.index < end)] // window, minlength=200_000 // window)
        for first, end in ((0, 200), (200, 400), (400, 500))
    )
    assert [part.sum() for part in (group, rest, extra)] == pytest.approx([400_000, 400_000, 50_000], rel=0.02)
    assert rest.var() / rest.mean() == pytest.approx(1.0, abs=0.1)
    # the variance of the common rate is (0.3 * 20)^2; in windows of 10 ms, about 0.85 of it
    assert group.var() / group.mean() == pytest.approx(1 + 0.85 * (0.3 * 20) ** 2 * 200 * 0.01 / 20, rel=0.15)
    both = np.stack([group[:-1], group[1:], rest[:-1]])
    correlation = np.corrcoef(both)
    assert correlation[0, 1] > 0.3
    assert abs(correlation[0, 2]) < 0.05


def test_the_variance_of_rates_is_the_same_in_and_out_of_the_group():
    stream = CorrelatedPoisson(n=2000, n_correlated=1000, rate=10.0)
    rates = np.stack([stream.rates(np.random.default_rng(k)) for k in range(200)])
    assert rates.mean() == pytest.approx(10, rel=0.02)
    for part in (rates[:, :1000], rates[:, 1000:]):
        assert part.std() == pytest.approx(4.24, rel=0.05)


def test_patterns_take_their_share_and_never_follow_each_other():
    slot = round(0.02 / DT)
    found = PATTERNS.occurrences(5, 0, 50 * SLOTS * slot, DT)
    assert len(found) == round(0.25 * 50 * SLOTS)
    assert (np.diff(found.start) >= 2 * slot).all()
    assert (found.stop - found.start == slot).all()


def test_occurrences_are_those_that_end_in_a_range():
    whole = PATTERNS.occurrences(5, 0, 6000, DT)
    parts = [PATTERNS.occurrences(5, at, at + 17, DT) for at in range(0, 6000, 17)]
    starts = np.concatenate([part.start for part in parts])
    np.testing.assert_array_equal(starts[starts + 40 <= 6000], whole.start)


def test_patterns_recur_within_their_jitter():
    stream = Patterns(n=40, n_pattern=20, noise=0.0, jitter=1.0)
    found = stream.occurrences(2, 0, 8000, DT)
    shown = []
    for start, stop in zip(found.start.tolist(), found.stop.tolist(), strict=True):
        spikes = stream.spikes(2, start - 20, stop + 20, DT)
        first = [spikes.bin[spikes.index == member] for member in range(40)]
        shown.append([each[(each >= 20)].min(initial=9999) for each in first])
    times = np.array(shown, float)
    spread = np.median(np.abs(times - np.median(times, axis=0)), axis=0)
    assert np.median(spread[:20]) < 4  # steps of 0.5 ms; the jitter is 1 ms
    assert np.median(spread[20:]) > 8


def test_patterns_have_the_rate_of_the_rest():
    stream = Patterns(n=200, n_pattern=100)
    spikes = stream.spikes(4, 0, 80_000, DT)
    counts = np.bincount(spikes.index, minlength=200) / 40
    assert counts[:100].mean() == pytest.approx(counts[100:].mean(), rel=0.1)
    assert counts.mean() == pytest.approx(63, rel=0.06)  # 54 and noise, without what falls into one step


def test_every_pattern_of_several_has_inputs_of_its_own():
    stream = Patterns(n=60, n_pattern=20, patterns=3)
    members = [tuple(stream.members(1, number)) for number in range(3)]
    assert len(set(members)) == 3
    assert set(stream.occurrences(1, 0, 100_000, DT).pattern.tolist()) == {0, 1, 2}


def test_spikes_of_a_file_come_at_their_times(tmp_path):
    (tmp_path / "mine.csv").write_text("index,time\n2,0.0005\n0,0.001\n2,0.0006\n")
    stream = SpikeTimes(path=str(tmp_path / "mine.csv"))
    assert stream.n_inputs == 3
    assert absolute(stream.spikes(0, 0, 10, DT), 0) == [(1, 2), (2, 0)]
    np.savez(tmp_path / "mine.npz", index=[2, 0, 2], time=[0.0005, 0.001, 0.0006])
    other = SpikeTimes(path=str(tmp_path / "mine.npz"), n=5)
    assert other.fingerprint() == stream.fingerprint() != ""
    assert other.n_inputs == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0,-1\n", r"number of seconds from 0 to 1e\+06"),
        ("0.5,1\n", "every index must be a whole number"),
        ("1e30,1\n", "every index must be a whole number from 0 to 999999"),
        ("0,1,2\n", "3 columns"),
        ("0,x1\n1,2\n3,y\n", "cannot be read as lines"),
    ],
)
def test_wrong_files_are_refused(content, message, tmp_path):
    (tmp_path / "mine.csv").write_text(content)
    with pytest.raises(StdpbenchError, match=message):
        SpikeTimes(path=str(tmp_path / "mine.csv")).spikes(0, 0, 10, DT)


def test_missing_files_and_inputs_are_refused(tmp_path):
    (tmp_path / "odd.npz").write_bytes(b"odd")
    many = np.zeros(20_000_000, np.int8)
    np.savez_compressed(tmp_path / "many.npz", index=many, time=many)
    np.savez(tmp_path / "mine.npz", index=[7], time=[0.0])
    for stream, message in (
        (SpikeTimes(), r"data\.path is missing"),
        (SpikeTimes(path=str(tmp_path / "none.npz")), "there is no file"),
        (SpikeTimes(path=str(tmp_path / "odd.npz")), r"not an \.npz file"),
        (SpikeTimes(path=str(tmp_path / "many.npz")), "write it with less compression"),
        (SpikeTimes(path=str(tmp_path / "mine.npz"), n=3), r"spikes of input 7, but data\.n is 3"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            stream.prepare()
    (tmp_path / "empty.csv").write_text("\n" * 100)
    assert SpikeTimes(path=str(tmp_path / "empty.csv"), n=2).spikes(0, 0, 10, DT).index.size == 0


def test_a_split_has_the_shape_of_the_input(stream):
    split = stream.prepare()
    assert (len(split.train), len(split.test), split.train.n_values) == (0, 0, stream.n_inputs)
