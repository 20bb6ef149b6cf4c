"""Logical functions of two values: the smallest tasks; XOR needs a hidden layer."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets.base import Source, Split
from stdpbench.data.stimuli import Images
from stdpbench.declare.parameters import parameter

_BRIGHT, _DIM = 255.0, 127.5
_TABLES: Final = {"xor": (0, 1, 1, 0), "and": (0, 0, 0, 1), "or": (0, 1, 1, 1)}


class Logic(Source):
    """The four pairs of two truth values, and a logical function of them: XOR, AND or OR.

    The pictures have one line: a pixel for each value, bright (255) if it is true and half as bright if not, and a
    third pixel that is always bright, as a reference for the others. The four pairs are both training and test
    pictures, so a result shows how well they were learned. In training each occurs `repeats` times per pass, in
    alternation.

    Source: Bohte, Kok & La Poutré (2002), section 4.1, where inputs fire at 0 or 6 ms: with the encoder `latency` and
    a duration of 12 ms, a bright pixel fires at 0 ms and a dim one at 6 ms.
    """

    kind: Literal["logic"] = "logic"
    function: Literal["xor", "and", "or"] = parameter("xor", help="The function whose value is the class.")
    repeats: int = parameter(1, ge=1, le=100_000, help="Times that each pair occurs among the training pictures.")

    summary: ClassVar[str] = "XOR, AND or OR of two values: four pictures; made on the spot"
    reference: ClassVar[str] = "Bohte, Kok & La Poutré 2002, doi:10.1016/S0925-2312(01)00658-0"

    def prepare(self) -> Split:
        """Return the pictures: float32, (n, 1, 3)."""
        true = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], bool)
        pixels: NDArray[np.float32] = np.full((4, 1, 3), _BRIGHT, np.float32)
        pixels[:, 0, :2] = np.where(true, _BRIGHT, _DIM)
        labels = np.array(_TABLES[self.function], np.int64)
        train = Images(np.tile(pixels, (self.repeats, 1, 1)), np.tile(labels, self.repeats))
        return Split(train, Images(pixels, labels), ("false", "true"))
