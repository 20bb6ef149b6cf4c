"""Create an experiment on the user's own pictures: choose preprocessing, and settings for their size and number.

The settings are those of a fast shipped experiment, tuned on MNIST: 784 inputs, 60 000 presentations. They are adapted
to the pictures as follows:

* ``network.weight_sum`` is proportional to the number of inputs, 78 for 784, so that the mean weight is the same;
* ``data.pixel_sum`` is that of MNIST, so that the network receives the same drive;
* with few pictures there are more passes, and theta rises and decays up to four times as fast, as in the experiment
  ``digits``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import first_few
from stdpbench.data.datasets import STEPS, Dataset, Split, prepared
from stdpbench.data.datasets.folder import Folder
from stdpbench.data.stimuli import Images, pictures_of
from stdpbench.declare.parameters import parameter
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.own_stimuli import OwnNetwork
from stdpbench.runs.preparation.start import check_brightness, check_weights

_SIDE, _INNER = 28, 20  # pixels: side of MNIST's pictures, and of the digits in them
_WEIGHT_SUM, _PIXEL_SUM = 78.0, 26265.0  # for MNIST
_PRESENTATIONS, _ENOUGH, _MOST_PASSES = 60_000, 5_000, 20
_THUMBNAILS = 24
_PICTURES = {".png", ".jpg", ".jpeg"}
_MOST_PIXELS = 200_000_000


class PicturesNetwork(OwnNetwork):
    """Settings of an experiment on own pictures."""

    based_on: Literal["fast-100", "fast-400"] = parameter(
        "fast-100", help="Shipped experiment that provides all other settings."
    )


@dataclass(frozen=True, eq=False)
class DataPreview:
    """Pictures of a data set before and after preprocessing.

    Attributes
    ----------
    split : Split
        The preprocessed pictures, as presented to the network.
    raw_shape, shape : tuple of int
        Height and width before and after preprocessing.
    raw, ready : ndarray, (n, height, width), raw also (n, height, width, 3)
        Some training pictures before and after preprocessing.
    classes : tuple of str
        Class names of these pictures; empty texts if they have no labels.
    """

    split: Split
    raw_shape: tuple[int, int]
    shape: tuple[int, int]
    raw: NDArray[Any]
    ready: NDArray[Any]
    classes: tuple[str, ...]

    @property
    def labelled(self) -> bool:
        """Whether all pictures have labels, so that accuracy can be measured."""
        return self.split.train.labels is not None and self.split.test.labels is not None

    @property
    def sentence(self) -> str:
        """Sentence with number, size and classes of the pictures."""
        train, test, names = len(self.split.train), len(self.split.test), self.split.class_names
        size = f"{self.raw_shape[0]} × {self.raw_shape[1]}"
        resized = "" if self.shape == self.raw_shape else f", presented as {self.shape[0]} × {self.shape[1]}"
        if not names:
            classes = "without labels: the network can learn, but no accuracy can be measured"
        else:
            classes = f"in {len(names)} class{'es' if len(names) > 1 else ''}: {first_few(names, 10)}"
            if not self.labelled:
                labelled = "test" if self.split.train.labels is None else "training"
                classes += f"; only the {labelled} pictures are labelled"
        return f"{train} training and {test} test pictures of {size} pixels{resized}, {classes}."


class PictureReader:
    """Reads pictures once and previews them with different preprocessing."""

    def __init__(self) -> None:
        self._read: tuple[Dataset, Split] | None = None

    def preview(self, dataset: Dataset) -> DataPreview:
        """Read the pictures unless they are cached, and preprocess them.

        Raises
        ------
        StdpbenchError
            If they cannot be read or preprocessed.
        """
        raw = self._raw(dataset)
        read = pictures_of(raw.train)
        train, test = (prepared(half, dataset) for half in (read, pictures_of(raw.test)))
        chosen = _spread(read, _THUMBNAILS)
        labels = read.labels
        return DataPreview(
            Split(train, test, raw.class_names),
            read.shape,
            train.shape,
            read.chosen(chosen).pixels,
            train.chosen(chosen).pixels,
            tuple("" if labels is None else raw.class_names[labels[k]] for k in chosen.tolist()),
        )

    def _raw(self, dataset: Dataset) -> Split:
        """Return the raw pictures; those of a folder are resized while reading if necessary."""
        plain = dataset.model_copy(update={p.name: p.default for p in dataset.describe() if p.name in STEPS})
        scaled = plain.model_copy(update={"resize": dataset.resize})
        if self._read is not None and self._read[0] in (plain, scaled):
            return self._read[1]
        self._read = None  # frees memory before the next pictures are read
        if isinstance(dataset, Folder) and dataset.resize is not None and not _are_small(dataset):
            self._read = scaled, scaled.load()
            return self._read[1]
        try:
            self._read = plain, plain.load()
        except StdpbenchError:
            if not isinstance(dataset, Folder) or dataset.resize is None:
                raise
            self._read = scaled, scaled.load()  # pictures of different sizes
        return self._read[1]


def suggest_steps(dataset: Dataset, reader: PictureReader) -> Dataset:
    """Return the data set with preprocessing that makes its pictures similar to those the settings were tuned on.

    Parameters
    ----------
    dataset : Dataset
        Data set as returned by `stdpbench.data.datasets.recognition.dataset_at`.
    reader : PictureReader
        Reader of the pictures.

    Raises
    ------
    StdpbenchError
        If the pictures cannot be read.
    """
    steps: dict[str, Any] = {"pixel_sum": _PIXEL_SUM}
    try:
        raw = reader.preview(dataset)
    except StdpbenchError:
        if not isinstance(dataset, Folder):
            raise
        steps["resize"] = _SIDE  # for pictures of different sizes, or too large
        raw = reader.preview(dataset.model_copy(update=steps))
    side = max(raw.raw_shape)
    if "resize" not in steps and raw.raw_shape != (_SIDE, _SIDE):
        steps |= {"resize": _SIDE} if side > _SIDE else {"resize": _INNER, "frame": _SIDE}
    if float(np.mean(raw.raw)) > 127:
        steps["invert"] = True
    return dataset.model_copy(update=steps)


def experiment_on(dataset: Dataset, preview: DataPreview, base: str, n_exc: int, name: str) -> Experiment:
    """Create an experiment on the user's own pictures.

    Parameters
    ----------
    dataset : Dataset
        The data set with its preprocessing.
    preview : DataPreview
        Preview of the data set.
    base : str
        The shipped experiment whose settings are used; see `PicturesNetwork`.
    n_exc : int
        Number of exc neurons.
    name : str
        Name of the experiment.

    Raises
    ------
    StdpbenchError
        If network and pictures do not match; the message suggests a remedy.
    """
    n_input, n_train = preview.split.train.n_values, len(preview.split.train)
    passes = min(_MOST_PASSES, max(1, math.ceil(_ENOUGH / n_train)))
    faster = min(4.0, max(1.0, _PRESENTATIONS / (n_train * passes)))
    tuned = read_experiment(base)
    exc = tuned.exc.to_mapping()
    mapping = tuned.to_mapping() | {"name": name, "data": dataset.resolved().to_mapping()}
    experiment = Experiment.from_mapping(mapping).override(
        {
            "about.title": f"{name}: own pictures, {n_exc} exc neurons",
            "about.summary": f"{preview.sentence} Settings of {base}, which were tuned on MNIST.",
            "network.n_exc": n_exc,
            "network.weight_sum": float(f"{_WEIGHT_SUM / (_SIDE * _SIDE) * n_input:.4g}"),
            "exc.theta_plus": _times(exc["theta_plus"], faster),
            "exc.tau_theta": _times(exc["tau_theta"], 1 / min(3.5, faster)),
            "schedule.passes": passes,
        }
    )
    check_weights(experiment, preview.split)
    check_brightness(experiment, preview.split)
    return experiment


def experiment_name(path: Path) -> str:
    """Derive the name of an experiment from the path of its data."""
    stem = path.name if path.is_dir() else path.name.partition(".")[0]
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in stem).strip("-") or "own-pictures"


def _are_small(dataset: Folder) -> bool:
    """Return whether the raw pictures of a folder fit in memory, judging by the size of the first one."""
    from PIL import Image

    try:
        files = [path for path in Path(dataset.path or "").rglob("*") if path.suffix.lower() in _PICTURES]
        with Image.open(files[0]) as first:
            return len(files) * first.width * first.height < _MOST_PIXELS
    except (OSError, IndexError, Image.DecompressionBombError):
        return True  # errors are reported when the pictures are read


def _spread(images: Images, n: int) -> NDArray[np.int64]:
    """Select `n` pictures spread over the data set or, if there are labels, over all classes; return their indices."""
    if images.labels is None:
        return np.linspace(0, len(images) - 1, min(n, len(images))).astype(np.int64)
    order = np.argsort(images.labels, kind="stable")
    counts = np.bincount(images.labels)
    rank = np.concatenate([np.arange(count) for count in counts])
    first = order[np.lexsort((images.labels[order], rank))][:n]
    return np.asarray(first[np.argsort(images.labels[first], kind="stable")], np.int64)


def _times(quantity: str, factor: float) -> str:
    number, _, unit = quantity.partition(" ")
    return f"{float(f'{float(number) * factor:.3g}'):g} {unit}"
