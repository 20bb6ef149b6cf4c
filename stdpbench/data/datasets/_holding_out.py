"""Hold out test stimuli for data sets without a test part, and order stimuli so that classes alternate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import number_classes
from stdpbench.data.datasets._transform import Pixels
from stdpbench.data.datasets.base import Dataset, Source, Split
from stdpbench.data.stimuli import Images, StimulusSet
from stdpbench.declare.parameters import parameter


@dataclass(frozen=True, eq=False)
class Raw:
    """Pictures of a user's file or folder, with their labels as read.

    Attributes
    ----------
    where : str
        The file or folder, for error sentences.
    pixels : ndarray, uint8 or float32, (n, height, width) or (n, height, width, 3)
        Result of `grey_values`.
    labels : ndarray, int64 or str, (n,), or None
        Result of `label_values`.
    """

    where: str
    pixels: Pixels
    labels: NDArray[Any] | None


class HoldingOut(Dataset):
    """Base of the kinds that hold out a share of the pictures if there are no test pictures."""

    test_fraction: float = parameter(
        0.2, unit="", gt=0, lt=1, help="Share of the pictures held out as test pictures if the data set has none."
    )
    holdout_seed: int = parameter(0, ge=0, le=2**63 - 1, help="Seed for the choice of held-out pictures.")

    def _split(self, train: Raw, test: Raw | None) -> Split:
        """Split the pictures; without `test`, hold out an equal share of each class of `train`."""
        if test is not None:
            if self.resize is None and train.pixels.shape[1:3] != test.pixels.shape[1:3]:
                raise StdpbenchError(
                    f"{train.where} holds pictures of {_size(train)} pixels, but {test.where} has {_size(test)}; "
                    "all must have one size, or data.resize must set it"
                )
            train_labels, test_labels, names = number_classes(train.labels, test.labels, train.where)
            return Split(Images(train.pixels, train_labels), Images(test.pixels, test_labels), names)
        n = len(train.pixels)
        if n < 2:
            raise StdpbenchError(f"{train.where} holds {n} picture; training and testing need at least 2")
        labels, _, names = number_classes(train.labels, None, train.where)
        count = min(max(round(self.test_fraction * n), 1), n - 1)
        kept, held = held_out(n, labels, count, self.holdout_seed)
        pictures = Images(train.pixels, labels)
        return Split(pictures.chosen(kept), pictures.chosen(held), names)


def held_out(
    n: int, labels: NDArray[np.int64] | None, count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the held-out pictures among `n`, the same share of each class to within one picture.

    A seed gives the same choice in all versions, since NumPy guarantees the raw stream of a bit generator, but not the
    methods of `Generator`.

    Parameters
    ----------
    n : int
        Number of pictures.
    labels : ndarray, int64, (n,), or None
        Their classes; None counts as one class.
    count : int
        Number of held-out pictures.
    seed : int
        Seed of the choice.

    Returns
    -------
    kept, held : ndarray, int64, (n - count,) and (count,)
        Numbers of the pictures, ascending.
    """
    classes = np.zeros(n, np.int64) if labels is None else labels
    sizes = np.bincount(classes)
    shares = count * sizes / n
    quota = np.floor(shares).astype(np.int64)
    # classes with the largest remainders get the pictures left after rounding down
    largest = np.argsort(quota - shares, kind="stable")
    quota[largest[: count - int(quota.sum())]] += 1
    shuffled = np.argsort(np.random.PCG64(seed).random_raw(n), kind="stable")
    is_held = np.zeros(n, bool)
    for number, n_held in enumerate(quota):
        is_held[shuffled[classes[shuffled] == number][:n_held]] = True
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def alternating_order(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an order in which classes alternate, so that every section has all of them; stable within a class."""
    sizes, number = np.bincount(labels), np.empty(len(labels), np.int64)
    number[np.argsort(labels, kind="stable")] = np.concatenate([np.arange(size) for size in sizes])
    order: NDArray[np.int64] = np.lexsort((labels, (number + 0.5) / sizes[labels]))
    return order


def _size(raw: Raw) -> str:
    return f"{raw.pixels.shape[1]}×{raw.pixels.shape[2]}"


class HoldingOutStimuli(Source):
    """Base of the kinds that hold out some stimuli if there are none for the test."""

    test_fraction: float = parameter(
        0.2, unit="", gt=0, lt=1, help="Share held out for the test if the data have no test part."
    )
    holdout_seed: int = parameter(
        0, ge=0, le=2**63 - 1, help="Seed for the choice of held-out stimuli, and for the order of training."
    )

    def _kept(self, where: str, n: int, labels: NDArray[np.int64] | None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the numbers of training and held-out stimuli, the same share of each class."""
        if n < 2:
            raise StdpbenchError(
                f"{where} holds {n} stimul{'us' if n == 1 else 'i'}; training and testing need at least 2"
            )
        count = min(max(round(self.test_fraction * n), 1), n - 1)
        kept, held = held_out(n, labels, count, self.holdout_seed)
        return kept[shuffled_order(len(kept), self.holdout_seed)], held

    def _split_set(
        self,
        where: str,
        train: StimulusSet,
        train_labels: NDArray[Any] | None,
        test: StimulusSet | None,
        test_labels: NDArray[Any] | None,
    ) -> Split:
        """Number the classes, hold out a share without `test`, and shuffle the training stimuli."""
        numbers, test_numbers, names = number_classes(train_labels, test_labels, where)
        stimuli = train.of_arrays(train.arrays, numbers)
        if test is not None:
            order = shuffled_order(len(stimuli), self.holdout_seed)
            return Split(stimuli.chosen(order), test.of_arrays(test.arrays, test_numbers), names)
        kept, held = self._kept(where, len(stimuli), numbers)
        return Split(stimuli.chosen(kept), stimuli.chosen(held), names)


def shuffled_order(n: int, seed: int) -> NDArray[np.int64]:
    """Return 0 .. n - 1 in random order, the same in all versions; for files that are sorted by class."""
    return np.argsort(np.random.PCG64(seed + 1).random_raw(n), kind="stable")


def test_file_of(path: Path) -> Path | None:
    """Return the test file that belongs to a training file, such as X_TEST for X_TRAIN; None if there is none."""
    for train, test in (("TRAIN", "TEST"), ("Train", "Test"), ("train", "test")):
        if path.stem.endswith(train):
            test_path = path.with_name(path.stem.removesuffix(train) + test + path.suffix)
            return test_path if test_path.is_file() else None
    return None
