"""The 8 × 8 digits of scikit-learn: no download, and networks that train in seconds."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets._holding_out import held_out, shuffled_order
from stdpbench.data.datasets.base import Dataset, Split
from stdpbench.data.stimuli import Images

N_TEST = 450
_SEED = 0


class Digits(Dataset):
    """1797 handwritten digits, 8 × 8 pixels, in ten classes.

    450 are test pictures, about 45 of each class, chosen with the fixed seed 0; the other 1347 are for training. The
    test pictures keep the order of scikit-learn. The training pictures are shuffled with a fixed seed, because
    scikit-learn's order goes from writer to writer, and `--validation` holds out the last of them. The pixels, 0 .. 16
    in scikit-learn, are scaled to 0 .. 255 and rounded.

    Source: Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """

    kind: Literal["digits"] = "digits"

    summary: ClassVar[str] = "1797 handwritten digits of 8 × 8 pixels from scikit-learn; no download"
    published: ClassVar[tuple[int, int, int] | None] = (1797 - N_TEST, N_TEST, 8)
    reference: ClassVar[str] = "Alpaydin & Kaynak 1998, doi:10.24432/C50P49"

    def load(self) -> Split:
        """Read the digits: uint8, (1347, 8, 8) and (450, 8, 8); see `Dataset.load`."""
        table = _table()
        pixels = np.rint(table[:, :-1].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
        labels = table[:, -1].astype(np.int64)
        kept, held = held_out(len(pixels), labels, N_TEST, _SEED)
        kept = kept[shuffled_order(len(kept), _SEED)]
        names = tuple(str(digit) for digit in range(10))
        return Split(Images(pixels[kept], labels[kept]), Images(pixels[held], labels[held]), names)


@cache
def _table() -> NDArray[np.uint8]:
    """Read pixels, 0 .. 16, and label of each digit, (1797, 65), from the file in scikit-learn.

    This avoids importing scikit-learn, which takes a second, at the start of every run of the digits.
    """
    package = find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder) / "datasets" / "data" / "digits.csv.gz"
        if path.is_file():
            return np.loadtxt(path, delimiter=",").astype(np.uint8)
    from sklearn.datasets import load_digits

    digits = load_digits()
    return np.column_stack([digits.data, digits.target]).astype(np.uint8)
