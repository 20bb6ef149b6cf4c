"""Pictures: values without time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli.base import StimulusSet
from stdpbench.data.stimuli.stimulus import Image


@dataclass(frozen=True, eq=False)
class Images(StimulusSet):
    """Pictures ready to be shown, or rows of a table, which are pictures of one line.

    Attributes
    ----------
    grey : ndarray, uint8 or float32, (n, height, width)
        Grey values before they are scaled to an equal sum or length; 0 is no input. 70 000 pictures of 28 × 28 take
        55 MB as uint8, 220 MB as float32. Before `Dataset.prepare` also (n, height, width, 3): red, green, blue.
    labels : ndarray, int64, (n,) or None
        Class of each picture, 0 .. n_classes - 1; None if unknown.
    factors : ndarray, float32, (n,) or None
        Factor of the grey values of each picture; None for 1.
    """

    grey: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.int64] | None
    pool: NDArray[np.float64] | None = None
    factors: NDArray[np.float32] | None = None

    kind: ClassVar[str] = "images"
    kind_noun: ClassVar[str] = "picture"
    static_name: ClassVar[str] = "pixels"
    per_stimulus: ClassVar[tuple[str, ...]] = ("grey", "factors")

    @property
    def noun(self) -> str:
        """Name of a stimulus in sentences: picture, or row of a table."""
        return "row" if self.shape[0] == 1 else self.kind_noun

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.grey.shape[1]), int(self.grey.shape[2])

    @property
    def pixels(self) -> NDArray[np.uint8] | NDArray[np.float32]:
        """The pictures as they are shown; a copy if they are scaled."""
        if self.factors is None:
            return self.grey
        product: NDArray[np.float32] = np.multiply(self.grey, self.factors[:, None, None], dtype=np.float32)
        return product

    @property
    def presented(self) -> dict[str, NDArray[Any]]:
        """The pictures as they are shown, and the pool."""
        return {"pixels": self.pixels} | ({} if self.pool is None else {"pool": self.pool})

    @property
    def static(self) -> NDArray[np.uint8] | NDArray[np.float32]:
        """The pictures themselves."""
        return self.pixels

    def stimulus(self, number: int) -> Image:
        """Return one picture: float64, (n_values,)."""
        row: Image = self.part(number, number + 1).pixels.reshape(-1).astype(np.float64)
        return row


def pictures_of(stimuli: StimulusSet) -> Images:
    """Return the stimuli as `Images`.

    Raises
    ------
    StdpbenchError
        If they are not pictures.
    """
    if not isinstance(stimuli, Images):
        raise StdpbenchError(f"these are {stimuli.kind}, not pictures")
    return stimuli
