"""What a network starts with: weights, delays."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Images
from stdpbench.engine.network import Layout, projection_delays, start_arrays, start_pictures, start_weights
from stdpbench.experiment import Experiment, encode, n_input, read_experiment


def experiment(seed: int = 0, **network: Any) -> Experiment:
    return Experiment.from_mapping({"seed": seed, "network": {"n_exc": 30, **network}})


def delay_bins(made: Experiment, n_input: int) -> NDArray[np.int32]:
    """Delay of each synapse from input to exc, in steps."""
    return projection_delays(made.graph(n_input))["feed"]


def pictures(n: int, side: int = 10, dtype: Any = np.uint8) -> Images:
    """Pictures that are all different, a bright patch somewhere on dim ground."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(20, 60, (n, side, side)).astype(dtype)
    for number in range(n):
        row, column = divmod(number % (side * side), side)
        pixels[number, row, column] = 255
    return Images(pixels, np.arange(n) % 10)


# -- random ----------------------------------------------------------


def test_random_start_is_uniform_between_its_bounds():
    w = start_weights(experiment(n_exc=400), pictures(1, 28))
    assert w.shape == (784, 400)
    assert w.dtype == np.float64
    assert w.min() >= 0.003
    assert w.max() < 0.303
    assert w.mean() == pytest.approx(0.153, abs=1e-3)
    shares = np.histogram(w, bins=10, range=(0.003, 0.303))[0] / w.size
    np.testing.assert_allclose(shares, 0.1, rtol=0.03)


def test_random_start_depends_on_the_seed_alone():
    first = start_weights(experiment(), pictures(5))
    assert first.tobytes() == start_weights(experiment(), pictures(9)).tobytes()
    assert first.tobytes() == start_weights(experiment(inhibition="direct", delays="uniform"), pictures(5)).tobytes()
    assert first.tobytes() != start_weights(experiment(1), pictures(5)).tobytes()


# -- samples ----------------------------------------------------------


def test_samples_without_blur_and_noise_are_the_pictures():
    images = pictures(50)
    w = start_weights(experiment(start="samples", start_blur=0.0, start_noise=0.0, weight_sum=5.0), images)
    np.testing.assert_allclose(w.sum(axis=0), 5.0, rtol=1e-12)
    flat = images.pixels.reshape(50, -1).astype(float)
    shapes = flat / flat.sum(axis=1, keepdims=True) * 5.0
    distances = np.abs(w.T[:, None, :] - shapes[None]).max(axis=2)
    shown = distances.argmin(axis=1)
    assert distances.min(axis=1).max() < 1e-12
    assert len(set(shown.tolist())) == 30  # drawn without replacement


@pytest.mark.parametrize("sigma", [0.1, 0.125, 0.4, 1.0, 2.6, 9.0])
@pytest.mark.parametrize("side", [1, 2, 8, 28])
def test_the_blur_is_that_of_scipy(sigma, side):
    images = pictures(50, side)
    blurred = experiment(start="samples", start_blur=sigma, start_noise=0.0, weight_sum=1.0)
    w = start_weights(blurred, images)
    shown = images.pixels[start_pictures(blurred, 50)].astype(float)
    wanted = gaussian_filter(shown, sigma=(0, sigma, sigma), mode="constant").reshape(30, -1).T
    np.testing.assert_allclose(w, wanted / wanted.sum(axis=0), rtol=1e-12)


def test_samples_are_used_again_only_when_all_were():
    images = pictures(12)
    w = start_weights(experiment(start="samples", start_blur=0.0, start_noise=0.0, weight_sum=5.0), images)
    columns = {column.tobytes(): 0 for column in w.T.round(12).copy()}
    for column in w.T.round(12).copy():
        columns[column.tobytes()] += 1
    assert len(columns) == 12
    assert sorted(columns.values()) == [2] * 6 + [3] * 6


def test_samples_do_not_look_at_labels():
    images = pictures(50)
    made = experiment(start="samples")
    assert start_weights(made, images).tobytes() == start_weights(made, Images(images.pixels, None)).tobytes()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_samples_stay_within_bounds_and_sum_up(dtype):
    w = start_weights(experiment(start="samples", weight_sum=20.0), pictures(50, dtype=dtype))
    assert w.flags.c_contiguous
    assert w.min() >= 0
    assert w.max() <= 1
    np.testing.assert_allclose(w.sum(axis=0), 20.0, rtol=1e-9)


def test_samples_scaled_to_a_length_keep_their_brightest_parts():
    """Scaled to the sum of random weights first, pictures with few bright pixels would be cut at w_max."""
    images = Images(np.zeros((6, 10, 10), np.uint8), None)
    for number in range(6):
        images.pixels[number, number, 2:6] = [40, 80, 120, 200]
    made = experiment(start="samples", start_blur=0.0, start_noise=0.0, weight_norm=1.0)
    w = start_weights(made, images)
    shown = images.pixels[start_pictures(made, 6)].reshape(30, -1).T.astype(float)
    np.testing.assert_allclose(w, shown / np.linalg.norm(shown, axis=0), rtol=1e-12)


def test_samples_scaled_to_a_length_above_w_max_are_cut_there():
    images = Images(np.full((1, 2, 2), 100, np.uint8), None)
    images.pixels[0, 0, 0] = 200
    made = experiment(start="samples", start_blur=0.0, start_noise=0.0, weight_norm=2.0)
    w = start_weights(made, images)
    cut = np.minimum(np.array([4.0, 2.0, 2.0, 2.0]) / np.sqrt(7.0), 1.0)
    np.testing.assert_allclose(w[:, 0], 2.0 * cut / np.linalg.norm(cut), rtol=1e-12)


def test_noise_mixes_random_weights_in():
    one = Images(np.zeros((1, 11, 11), np.uint8), None)
    one.pixels[0, 5, 5] = 200
    mixed = start_weights(experiment(start="samples", start_blur=0.0, start_noise=0.4, weight_sum=0.5), one)
    assert mixed[60, 0] == pytest.approx(0.6 * 0.5, rel=0.1)
    assert (mixed > 0).all()


@pytest.mark.parametrize("weight_sum", [78.0, "none"])
def test_a_blank_picture_still_gives_weights(weight_sum):
    blank = Images(np.zeros((3, 10, 10), np.uint8), None)
    made = experiment(start="samples", weight_sum=weight_sum)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        w = start_weights(made, blank)
    assert np.isfinite(w).all()
    assert (w.sum(axis=0) > 0).all()


LOCAL = {"kind": "local", "units": 6, "field": 4, "stride": 3, "weight_sum": 3.0, "start": "samples", "n_exc": None}


def local_start(images: Images, **changes: Any) -> NDArray[np.float64]:
    """Start weights of a local layer as a matrix, (n_input, n_exc); 0 outside of the fields."""
    network = {key: value for key, value in (LOCAL | changes).items() if value is not None}
    made = Experiment.from_mapping({"network": network})
    return made.graph(images.n_values).synapses("feed").dense(start_arrays(made, images)["feed.w"])


def test_a_local_layer_starts_from_patches_of_pictures():
    images = pictures(80)
    w = local_start(images, start_blur=0.0, start_noise=0.0)
    np.testing.assert_allclose(w.sum(axis=0), 3.0, rtol=1e-9)
    seen = w > 0
    flat = images.pixels.reshape(80, -1).T.astype(float)
    for neuron in range(w.shape[1]):
        patches = flat[seen[:, neuron]]
        wanted = np.clip(patches / patches.sum(axis=0) * 3.0, 0, 1)
        wanted *= 3.0 / wanted.sum(axis=0)
        assert abs(wanted - w[seen[:, neuron], neuron][:, None]).max(axis=0).min() < 1e-9


def test_neurons_of_a_local_layer_that_see_nothing_of_their_picture_start_at_random():
    dark = Images(np.zeros((80, 10, 10), np.uint8), None)
    dark.pixels[:, 8:, 8:] = 200  # seen by the last of 3 x 3 places only
    w = local_start(dark, start_blur=0.0, start_noise=0.0)
    np.testing.assert_allclose(w.sum(axis=0), 3.0, rtol=1e-9)
    corner, others = w[:, -6:], w[:, :-6]
    assert (np.count_nonzero(corner, axis=0) == 4).all()
    assert (np.count_nonzero(others, axis=0) == 16).all()
    assert len({column.tobytes() for column in others.T}) == 48


# -- delays ----------------------------------------------------------


@pytest.mark.parametrize("max_delay", [0.0, 0.2, 0.25, 0.3, 0.75, 1.25, 7.3, 9.75, 99.9])
def test_no_delay_is_longer_than_the_network_says(max_delay):
    made = experiment(delays="uniform", max_delay=max_delay)
    delays = delay_bins(made, 200)
    assert delays.min() >= 0
    assert delays.max() <= Layout(made.graph(200)).max_delay_bins


def test_delays_depend_on_the_seed_and_not_on_the_start_weights():
    first = delay_bins(experiment(delays="uniform"), 100)
    assert first.tobytes() == delay_bins(experiment(delays="uniform", start="samples"), 100).tobytes()
    assert first.tobytes() != delay_bins(experiment(1, delays="uniform"), 100).tobytes()
    w = start_weights(experiment(delays="uniform"), pictures(1))
    assert abs(np.corrcoef(w.reshape(-1), first.reshape(-1))[0, 1]) < 0.1


def test_the_pictures_that_a_network_spelled_out_starts_from_are_known():
    assert len(start_pictures(experiment().spelled_out(), 50)) == 0
    made = experiment(start="samples", start_blur=0.0, start_noise=0.0, weight_sum=10.0).spelled_out()
    chosen, images = start_pictures(made, 50), pictures(50)
    assert len(set(chosen)) == 30
    w = start_arrays(made, images)["feed.w"]
    brightest = images.pixels[chosen].reshape(30, -1).argmax(axis=1)
    np.testing.assert_array_equal(w.argmax(axis=0), brightest)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ({"kind": "order", "n_train": 12, "n_test": 2}, {"kind": "events"}),
        ({"kind": "digits", "resize": 6}, {"kind": "phase", "phase": "4 ms"}),
        ({"kind": "digits", "resize": 6}, {"kind": "population", "fields": 3}),
    ],
)
def test_neurons_start_from_what_samples_drive(data: dict[str, object], encoding: dict[str, object]) -> None:
    made = Experiment.from_mapping(
        {
            "data": data,
            "encoding": encoding,
            "network": {"n_exc": 5, "start": "samples", "start_noise": 0.0, "start_blur": 0.0, "weight_sum": 4.0},
        }
    )
    images = made.data.prepare().train
    w = start_weights(made, images)
    shown = start_pictures(made, len(images))
    assert w.shape == (n_input(made, images), 5)
    assert w.sum(axis=0) == pytest.approx(4.0)
    for neuron, number in enumerate(shown.tolist()):
        spikes = encode(made, images, "test", 0, 0, number)
        assert (w[np.unique(spikes.index), neuron] > 0).all()
        assert np.count_nonzero(w[:, neuron]) <= len(np.unique(spikes.index))


# delays of which each is as frequent as any other


def test_each_neuron_has_each_delay_equally_often_in_random_order() -> None:
    delays = projection_delays(read_experiment("polychrony-2006").graph())
    for name, times in (("exc_exc", 4), ("exc_inh", 1)):
        rows = delays[name].reshape(800, 20 * times)
        assert (np.sort(rows, axis=1) == np.repeat(np.arange(20), times)).all()
        assert np.abs(rows.mean(axis=0) - 9.5).max() < 5 * np.sqrt((20**2 - 1) / 12 / 800)  # of any place in a row
        assert len(np.unique(rows, axis=0)) == 800


def test_the_longest_is_not_below_the_shortest() -> None:
    table = read_experiment("polychrony-2006").to_mapping()
    table["network"]["projections"]["exc_exc"]["delay"]["low"] = "20 ms"
    with pytest.raises(StdpbenchError, match=r"exc_exc\.delay: high \(19 ms\) must be at least low"):
        Experiment.from_mapping(table)
