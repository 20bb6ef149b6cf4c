"""Experiments on the user's own pictures: suitable preprocessing, and settings for their size and number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets.digits import Digits
from stdpbench.data.datasets.folder import Folder
from stdpbench.data.datasets.npz import NPZ
from stdpbench.experiment import read_experiment
from stdpbench.runs.preparation.own_data import PictureReader, experiment_name, experiment_on, suggest_steps


@pytest.fixture(scope="module")
def npz(tmp_path_factory: pytest.TempPathFactory) -> NPZ:
    parts = Digits().load()
    path = tmp_path_factory.mktemp("npz") / "mine.npz"
    images, labels = (
        np.concatenate([getattr(part, name) for part in (parts.train, parts.test)]) for name in ("pixels", "labels")
    )
    np.savez(path, images=images, labels=labels)
    return NPZ(path=str(path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Dark on light, of several sizes, in two classes."""
    root, digits = tmp_path_factory.mktemp("folder"), Digits().load().train
    for number in range(40):
        place = root / ("even" if digits.labels[number] % 2 == 0 else "odd")
        place.mkdir(exist_ok=True)
        image = Image.fromarray(255 - digits.pixels[number])
        image.resize((40 + number % 7, 60)).save(place / f"{number}.png")
    return Folder(path=str(root))


def test_small_pictures_are_enlarged_to_the_size_of_mnist(npz):
    reader = PictureReader()
    made = suggest_steps(npz, reader)
    assert (made.resize, made.frame, made.invert, made.pixel_sum) == (20, 28, False, 26265.0)
    preview = reader.preview(made)
    assert preview.raw.shape == (24, 8, 8)
    assert preview.ready.shape == (24, 28, 28)
    assert len(set(preview.classes)) == 10


def test_large_pictures_on_paper_are_made_smaller_and_inverted(folder):
    made = suggest_steps(folder, PictureReader())
    assert (made.resize, made.frame, made.invert) == (28, None, True)


def test_settings_fit_size_and_number(npz):
    reader = PictureReader()
    small = npz.model_copy(update={"resize": 14, "pixel_sum": 26265.0})
    made = experiment_on(small, reader.preview(small), "fast-400", 60, "mine")
    base = read_experiment("fast-400")
    assert made.network.n_exc == 60
    assert made.network.weight_sum == pytest.approx(78 / 4)  # a quarter of the inputs
    assert made.network.w_inh_exc == base.network.w_inh_exc
    assert made.schedule.passes == 4
    assert made.exc.theta_plus == pytest.approx(4 * base.exc.theta_plus)
    assert made.about.expected_accuracy == ""


def test_mismatched_settings_are_reported(npz):
    reader = PictureReader()
    bright = npz.model_copy(update={"pixel_sum": 5e5})
    with pytest.raises(StdpbenchError, match=r"lower encoding\.rate_per_grey, .*data\.pixel_sum"):
        experiment_on(bright, reader.preview(bright), "fast-100", 20, "mine")


def test_unlabelled_pictures_are_described_as_such(tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.random.default_rng(0).integers(0, 255, (30, 28, 28), np.uint8))
    preview = PictureReader().preview(NPZ(path=str(tmp_path / "mine.npz")))
    assert not preview.labelled
    assert "without labels" in preview.sentence


@pytest.mark.parametrize(
    ("path", "name"), [("a/my pictures", "my-pictures"), ("digits.npz", "digits"), ("x-images.idx3.gz", "x-images")]
)
def test_an_experiment_is_named_after_its_pictures(path, name):
    assert experiment_name(Path(path)) == name
