"""What kinds of data without pictures share: held-out stimuli, and an order in which every section has all classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import number_classes
from stdpbench.data.datasets._holdout import held_out
from stdpbench.data.datasets.base import Source, Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.declare.parameters import parameter


class HoldingOutStimuli(Source):
    """Base of the kinds that hold out some stimuli if there are none for the test."""

    test_fraction: float = parameter(
        0.2, unit="", gt=0, lt=1, help="Share held out for the test if the data have no test part."
    )
    holdout_seed: int = parameter(
        0, ge=0, le=2**63 - 1, help="Seed for the choice of what is held out, and for the order of training."
    )

    def _kept(self, where: str, n: int, labels: NDArray[np.int64] | None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the numbers of training and held-out stimuli, the same share of each class."""
        if n < 2:
            raise StdpbenchError(
                f"{where} holds {n} stimul{'us' if n == 1 else 'i'}; training and testing need at least 2"
            )
        count = min(max(round(self.test_fraction * n), 1), n - 1)
        kept, held = held_out(n, labels, count, self.holdout_seed)
        return kept[mixed(len(kept), self.holdout_seed)], held

    def _split_set(
        self,
        where: str,
        train: StimulusSet,
        train_labels: NDArray[Any] | None,
        test: StimulusSet | None,
        test_labels: NDArray[Any] | None,
    ) -> Split:
        """Number the classes, hold out a share without `test`, and mix what is left for training."""
        numbers, of_test, names = number_classes(train_labels, test_labels, where)
        every = train.of_arrays(train.arrays, numbers)
        if test is not None:
            order = mixed(len(every), self.holdout_seed)
            return Split(every.chosen(order), test.of_arrays(test.arrays, of_test), names)
        kept, held = self._kept(where, len(every), numbers)
        return Split(every.chosen(kept), every.chosen(held), names)


def mixed(n: int, seed: int) -> NDArray[np.int64]:
    """Return 0 .. n - 1 in an order that a seed sets, the same in all versions: files are often sorted by class."""
    return np.argsort(np.random.PCG64(seed + 1).random_raw(n), kind="stable")


def test_beside(path: Path) -> Path | None:
    """Return the file of the test part that belongs to a file of the training part, such as X_TEST to X_TRAIN."""
    for train, test in (("TRAIN", "TEST"), ("Train", "Test"), ("train", "test")):
        if path.stem.endswith(train):
            other = path.with_name(path.stem.removesuffix(train) + test + path.suffix)
            return other if other.is_file() else None
    return None
