"""Constant currents in place of input spikes."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding.base import Encoder, Spikes

_WHITE = 255.0


class Current(Encoder):
    r"""Each value is a constant current; projections from the input deliver it in every step.

    .. math:: I_j(t) = \sum_i w_{ij}\, gain \cdot x_i, \qquad x_i = p_i / 255

    for the pixels p. The input has no spikes, so rules that need them do not learn. This is the usual input of
    networks trained with labels; it is exact, without noise or rounding to spikes.

    Source: Rueckauer et al. (2017), section 2.2; "direct" or "constant current" coding elsewhere.
    """

    kind: Literal["current"] = "current"
    gain: float = parameter(1.0, unit="", gt=0, help="Current of a white pixel.")

    summary: ClassVar[str] = "A constant current per value, through the weights, without input spikes"
    reference: ClassVar[str] = "Rueckauer et al. 2017, doi:10.3389/fnins.2017.00682"
    timed: ClassVar[bool] = False
    currents: ClassVar[bool] = True
    draws: ClassVar[bool] = False
    """Currents depend only on the values."""

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the currents of one presentation, which are not random; see `Encoder.encode`."""
        none = np.empty(0, np.int32)
        return Spikes(none, none.copy(), currents=self.currents_of(np.asarray(image, np.float64)))

    def currents_of(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return the currents of pixels of any shape, float64 for float64 pixels, else float32."""
        values = pixels if pixels.dtype == np.float64 else pixels.astype(np.float32)
        return values * values.dtype.type(self.gain / _WHITE)
