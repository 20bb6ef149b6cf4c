"""What will be shown: the spikes of a run, and numbers that can be counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, encode, training_order
from stdpbench.experiment.dry_run import shown_numbers, shown_stimulus
from stdpbench.results.figures.stimulus_figure import stimulus_figure

EVENTS = {"data": {"kind": "digits-events"}, "encoding": {"kind": "events"}}


def events(path: Path, **schedule: Any) -> Experiment:
    """Three training recordings and one for the test, of 4 channels, of which the last one never fires."""
    index, time, first = [], [], [0]
    for number in range(4):
        index += [0, 0, 1, 2]
        time += [0.0101, 0.0102, 0.02, 0.03 + 0.01 * number]  # the first two fall into one step
        first.append(len(index))
    arrays = {"index": index, "time": time, "first": first, "label": [0, 1, 0, 1], "grid": [2, 1, 2]}
    tests = {"test_index": [0], "test_time": [0.1], "test_first": [0], "test_label": [0]}
    np.savez(path, **arrays, **tests)
    mapping = {"data": {"kind": "events", "path": str(path)}, "encoding": {"kind": "events"}, "schedule": schedule}
    return Experiment.from_mapping(mapping)


def test_spikes_are_those_of_the_first_presentation() -> None:
    made = Experiment.from_mapping({"data": {"kind": "tabular"}, "schedule": {"order": "shuffled", "passes": 2}})
    split = made.data.prepare()
    order = training_order(made, len(split.train))
    for number in (0, 7, 119):
        shown = shown_stimulus(made, split, number)
        assert order[shown.presentation] == number
        assert shown.presentation < 120
        expected = encode(made, split.train, "train", shown.presentation, 0, number)
        assert np.array_equal(shown.spikes.index, expected.index)
        assert np.array_equal(shown.spikes.bin, expected.bin)
    with pytest.raises(StdpbenchError, match="there is no row 120; choose 0 to 119"):
        shown_stimulus(made, split, 120)


def test_numbers_count_what_is_merged_cut_and_silent(tmp_path: Path) -> None:
    made = events(tmp_path / "x.npz")
    split = made.data.prepare()
    numbers = shown_numbers(made, split)
    assert (numbers.kind, numbers.n_train, numbers.n_test, numbers.n_classes) == ("events", 4, 1, 2)
    assert (numbers.shape, numbers.n_inputs, numbers.sample) == ((2, 2), 4, 4)
    assert numbers.spikes == (3, 3, 3)
    assert numbers.merged == 4
    assert (numbers.silent, numbers.cut, numbers.empty) == (1, 0, 0)
    assert numbers.duration == pytest.approx((31, 46, 61))
    assert numbers.rate == pytest.approx(12 / (4 * 46e-3) / 4)
    few = shown_numbers(events(tmp_path / "x.npz", stimulus="15 ms"), split)
    assert (few.spikes, few.merged, few.cut, few.silent) == ((1, 1, 1), 4, 5, 3)
    assert shown_numbers(events(tmp_path / "x.npz", stimulus="5 ms"), split).empty == 4


def test_rates_are_those_of_groups_of_inputs(tmp_path: Path) -> None:
    made = events(tmp_path / "x.npz")
    shown = shown_stimulus(made, made.data.prepare(), 0)
    assert (shown.planes, shown.n_groups, shown.n_inputs) == (2, 2, 4)
    edges, rates = shown.rates(10)
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(shown.n_bins * 0.5e-3)
    spikes = (rates * np.diff(edges)).sum(axis=1) * 2
    assert spikes == pytest.approx([2, 1])


def test_a_stream_is_shown_in_pieces() -> None:
    made = Experiment.read("song-abbott-2000")
    split = made.data.prepare()
    shown = shown_stimulus(made, split, 3)
    assert shown.stimulus is None
    assert shown.start == pytest.approx(3 * (made.schedule.piece or 0))
    assert np.array_equal(shown.spikes.bin, encode(made, split.train, "train", 3, 0, 3).bin)
    numbers = shown_numbers(made, split, 2)
    assert (numbers.kind, numbers.n_inputs, numbers.n_test) == ("stream", 1000, 0)
    with pytest.raises(StdpbenchError, match="there is no piece"):
        shown_stimulus(made, split, 10**9)


@pytest.mark.parametrize(
    ("mapping", "panels"),
    [
        ({"data": {"kind": "digits"}}, ["picture", "spikes", "rates", "colours"]),
        ({"data": {"kind": "tabular"}, "encoding": {"kind": "population"}}, ["row", "spikes", "rates"]),
        (EVENTS, ["plane", "plane", "spikes", "spikes", "rates", "colours", "colours"]),
    ],
    ids=["picture", "row", "events"],
)
def test_a_figure_has_a_panel_for_each_part(mapping: dict[str, Any], panels: list[str]) -> None:
    made = Experiment.from_mapping(mapping)
    figure = stimulus_figure(shown_stimulus(made, made.data.prepare(), 1))
    assert len(figure.axes) == len(panels)
    spikes = [figure.axes[number] for number, panel in enumerate(panels) if panel == "spikes"]
    drawn = sum(len(line.get_xdata()) for axes in spikes for line in axes.lines)
    assert drawn == len(shown_stimulus(made, made.data.prepare(), 1).spikes)
    assert spikes[0].get_xlim() == figure.axes[panels.index("rates")].get_xlim()


def test_the_figure_says_that_dark_pixels_are_the_active_ones() -> None:
    made = Experiment.from_mapping({"data": {"kind": "digits"}})
    shown = shown_stimulus(made, made.data.prepare(), 1)
    picture = stimulus_figure(shown).axes[0]
    (drawn,) = picture.images
    top, low = (int(pick(shown.stimulus)) for pick in (np.argmax, np.argmin))
    counts = np.bincount(shown.spikes.index, minlength=shown.n_inputs)
    assert counts[top] > counts[low] == 0
    lightness = drawn.to_rgba(np.ravel(shown.stimulus))[:, :3].mean(axis=1)
    assert (lightness[top], lightness[low]) == (0, 1)
    assert picture.get_xlabel() == "dark pixels: active inputs"


def test_signals_are_curves_above_their_spikes(tmp_path: Path) -> None:
    values = np.cumsum(np.random.default_rng(0).random((4, 3, 20)), axis=2)
    np.savez(tmp_path / "x.npz", values=values, labels=[0, 1, 0, 1])
    mapping = {"data": {"kind": "signals", "path": str(tmp_path / "x.npz")}, "encoding": {"kind": "delta"}}
    made = Experiment.from_mapping(mapping)
    shown = shown_stimulus(made, made.data.prepare(), 1)
    curves, *spikes, rates = stimulus_figure(shown).axes
    assert len(curves.lines) == 3
    assert shown.n_groups == len(spikes) == 2  # up and down
    assert curves.get_xlim() == spikes[0].get_xlim() == rates.get_xlim()
