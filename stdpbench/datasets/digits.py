"""The 8 × 8 digits that come with scikit-learn: no download, a network in seconds."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from stdpbench.datasets._holdout import held_out
from stdpbench.datasets.base import Dataset, Images, Split

N_TEST = 450
_SEED = 0


class Digits(Dataset):
    """1797 handwritten digits, 8 × 8 pixels, in ten classes.

    450 of them are the test pictures: 45 or so of each class, chosen once with seed 0 and the same ever since; the
    other 1347 train. The test pictures keep the order of scikit-learn; the training pictures are mixed, once and for
    all, because scikit-learn's order goes from writer to writer, and `--validation` holds out the last of them. The
    pixels, 0 .. 16 there, are scaled to 0 .. 255 and rounded.

    Source: Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """

    kind: Literal["digits"] = "digits"

    summary: ClassVar[str] = "1797 handwritten digits of 8 × 8 pixels, of scikit-learn; nothing to download"
    published: ClassVar[tuple[int, int, int] | None] = (1797 - N_TEST, N_TEST, 8)
    reference: ClassVar[str] = "Alpaydin & Kaynak 1998, doi:10.24432/C50P49"

    def load(self) -> Split:
        """Read the digits: uint8, (1347, 8, 8) and (450, 8, 8); see `Dataset.load`."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)
        labels = digits.target.astype(np.int64)
        kept, held = held_out(len(pixels), labels, N_TEST, _SEED)
        kept = kept[np.argsort(np.random.PCG64(_SEED + 1).random_raw(len(kept)), kind="stable")]
        names = tuple(str(name) for name in digits.target_names)
        return Split(Images(pixels[kept], labels[kept]), Images(pixels[held], labels[held]), names)
