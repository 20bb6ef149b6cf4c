"""An experiment on somebody's own pictures: how they are made ready, and settings that fit their size and number.

The settings are those of a fast experiment that ships, tuned on MNIST: 784 inputs, 60 000 presentations. Three things
go with the pictures:

* ``network.weight_sum`` goes with the inputs, 78 for 784, so that the mean weight stays;
* ``data.pixel_sum`` stays that of MNIST, so that the network is driven as hard;
* with few pictures there are more passes, theta rises up to four times as fast and decays as much sooner, as in the
  experiment ``digits``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Dataset, Split, transform
from stdpbench.datasets.base import Images
from stdpbench.datasets.folder import Folder
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.preparation.start import check_brightness, check_weights

BASES = ("fast-100", "fast-400")
"""Shipped experiments whose settings are taken."""
STEPS = ("resize", "frame", "invert", "center", "pixel_sum")
"""Names of the declared steps between a raw picture and what the network sees."""

_SIDE, _INNER = 28, 20  # of MNIST's pictures, and of the digits within them
_WEIGHT_SUM, _PIXEL_SUM = 78.0, 26265.0  # of MNIST
_PRESENTATIONS, _ENOUGH, _MOST_PASSES = 60_000, 5_000, 20
_THUMBNAILS = 24
_PICTURES = {".png", ".jpg", ".jpeg"}
_MOST_PIXELS = 200_000_000


@dataclass(frozen=True, eq=False)
class Look:
    """What pictures are, and what the declared steps make of them.

    Attributes
    ----------
    split : Split
        The pictures as the network would see them.
    raw_shape, shape : tuple of int
        Height and width before and after the steps.
    raw, ready : ndarray, (n, height, width), raw also (n, height, width, 3)
        Some training pictures before and after the steps.
    classes : tuple of str
        What each of these is, empty texts where pictures carry no labels.
    """

    split: Split
    raw_shape: tuple[int, int]
    shape: tuple[int, int]
    raw: NDArray[Any]
    ready: NDArray[Any]
    classes: tuple[str, ...]

    @property
    def labelled(self) -> bool:
        """Whether there will be an accuracy."""
        return self.split.train.labels is not None and self.split.test.labels is not None

    @property
    def sentence(self) -> str:
        """How many pictures there are, of what size, in which classes."""
        train, test, names = len(self.split.train), len(self.split.test), self.split.class_names
        size = f"{self.raw_shape[0]}×{self.raw_shape[1]}"
        seen = "" if self.shape == self.raw_shape else f", seen as {self.shape[0]}×{self.shape[1]}"
        if not names:
            what = "without labels: the network learns, but there is no accuracy"
        else:
            shown = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
            what = f"in {len(names)} class{'es' if len(names) > 1 else ''}: {shown}"
            if not self.labelled:
                what += f"; only the {'test' if self.split.train.labels is None else 'training'} pictures are labelled"
        return f"{train} training and {test} test pictures of {size} pixels{seen}, {what}."


class Pictures:
    """Reads pictures once and shows what steps make of them, as often as is wanted."""

    def __init__(self) -> None:
        self._read: tuple[Dataset, Split] | None = None

    def look(self, dataset: Dataset) -> Look:
        """Read the pictures, if they are not those of the last time, and apply the declared steps.

        Raises
        ------
        StdpbenchError
            If they cannot be read or made ready; the sentence says why.
        """
        raw = self._raw(dataset)
        train, test = (Images(transform(half.pixels, dataset), half.labels) for half in (raw.train, raw.test))
        ready = Split(train, test, raw.class_names)
        chosen = _spread(raw.train, _THUMBNAILS)
        labels = raw.train.labels
        return Look(
            ready,
            _size(raw.train.pixels),
            _size(ready.train.pixels),
            raw.train.pixels[chosen],
            ready.train.pixels[chosen],
            tuple("" if labels is None else raw.class_names[labels[k]] for k in chosen.tolist()),
        )

    def _raw(self, dataset: Dataset) -> Split:
        """The pictures as they lie there; those of a folder that need it, scaled as they are read."""
        plain = dataset.model_copy(update={p.name: p.default for p in dataset.describe() if p.name in STEPS})
        scaled = plain.model_copy(update={"resize": dataset.resize})
        if self._read is not None and self._read[0] in (plain, scaled):
            return self._read[1]
        self._read = None  # before the next ones are read: memory
        if isinstance(dataset, Folder) and dataset.resize is not None and not _are_small(dataset):
            self._read = scaled, scaled.load()
            return self._read[1]
        try:
            self._read = plain, plain.load()
        except StdpbenchError:
            if not isinstance(dataset, Folder) or dataset.resize is None:
                raise
            self._read = scaled, scaled.load()  # of many sizes
        return self._read[1]


def suggested(dataset: Dataset, pictures: Pictures) -> Dataset:
    """The same data set with steps that bring its pictures near to what the settings were tuned on.

    Parameters
    ----------
    dataset : Dataset
        As `stdpbench.datasets.found.dataset_at` gives it.
    pictures : Pictures
        Reads.

    Raises
    ------
    StdpbenchError
        If the pictures cannot be read.
    """
    steps: dict[str, Any] = {"pixel_sum": _PIXEL_SUM}
    try:
        raw = pictures.look(dataset)
    except StdpbenchError:
        if not isinstance(dataset, Folder):
            raise
        steps["resize"] = _SIDE  # of many sizes, or of pictures that are too large as they are
        raw = pictures.look(dataset.model_copy(update=steps))
    side = max(raw.raw_shape)
    if "resize" not in steps and raw.raw_shape != (_SIDE, _SIDE):
        steps |= {"resize": _SIDE} if side > _SIDE else {"resize": _INNER, "frame": _SIDE}
    if float(np.mean(raw.raw)) > 127:
        steps["invert"] = True
    return dataset.model_copy(update=steps)


def experiment_on(dataset: Dataset, look: Look, base: str, n_exc: int, name: str) -> Experiment:
    """An experiment on own pictures.

    Parameters
    ----------
    dataset : Dataset
        The pictures, with their steps.
    look : Look
        What they are.
    base : str
        One of `BASES`.
    n_exc : int
        Number of exc neurons.
    name : str
        Names the experiment.

    Raises
    ------
    StdpbenchError
        If network and pictures do not go together; the sentence says what would.
    """
    n_input, n_train = look.split.train.n_input, len(look.split.train)
    passes = min(_MOST_PASSES, max(1, math.ceil(_ENOUGH / n_train)))
    faster = min(4.0, max(1.0, _PRESENTATIONS / (n_train * passes)))
    tuned = read_experiment(base)
    exc = tuned.exc.to_mapping()
    mapping = tuned.to_mapping() | {"name": name, "data": dataset.resolved().to_mapping()}
    made = Experiment.from_mapping(mapping).override(
        {
            "about.title": f"{name}: own pictures, {n_exc} exc neurons",
            "about.summary": f"{look.sentence} Settings of {base}, which were tuned on MNIST.",
            "network.n_exc": n_exc,
            "network.weight_sum": float(f"{_WEIGHT_SUM / (_SIDE * _SIDE) * n_input:.4g}"),
            "exc.theta_plus": _times(exc["theta_plus"], faster),
            "exc.tau_theta": _times(exc["tau_theta"], 1 / min(3.5, faster)),
            "schedule.passes": passes,
        }
    )
    check_weights(made, look.split)
    check_brightness(made, look.split)
    return made


def name_of(path: Path) -> str:
    """A name for an experiment on what lies at a path."""
    stem = path.name if path.is_dir() else path.name.partition(".")[0]
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in stem).strip("-") or "own-pictures"


def _are_small(dataset: Folder) -> bool:
    """Whether the pictures of a folder fit in memory as they are, judged by the first."""
    from PIL import Image

    files = [path for path in Path(dataset.path or "").rglob("*") if path.suffix.lower() in _PICTURES]
    try:
        with Image.open(files[0]) as first:
            return len(files) * first.width * first.height < _MOST_PIXELS
    except (OSError, IndexError, Image.DecompressionBombError):
        return True  # reading them says what is wrong


def _spread(images: Images, n: int) -> NDArray[np.int64]:
    """Numbers of some pictures: of each class in turn, where there are classes."""
    if images.labels is None:
        return np.linspace(0, len(images) - 1, min(n, len(images))).astype(np.int64)
    order = np.argsort(images.labels, kind="stable")
    counts = np.bincount(images.labels)
    turn = np.concatenate([np.arange(count) for count in counts])
    first = order[np.lexsort((images.labels[order], turn))][:n]
    return np.asarray(first[np.argsort(images.labels[first], kind="stable")], np.int64)


def _size(pixels: NDArray[Any]) -> tuple[int, int]:
    return int(pixels.shape[1]), int(pixels.shape[2])


def _times(quantity: str, factor: float) -> str:
    number, _, unit = quantity.partition(" ")
    return f"{float(f'{float(number) * factor:.3g}'):g} {unit}"
