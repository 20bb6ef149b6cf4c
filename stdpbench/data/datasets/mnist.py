"""MNIST: the handwritten digits of Diehl & Cook (2015) and most later work."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.data.datasets._mnist_like import MNISTLike


class MNIST(MNISTLike):
    """60 000 training and 10 000 test pictures of handwritten digits, 28 × 28 pixels.

    Source: LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition, Proc. IEEE
    86(11).
    """

    kind: Literal["mnist"] = "mnist"

    summary: ClassVar[str] = "70 000 handwritten digits of 28 × 28 pixels"
    reference: ClassVar[str] = "LeCun et al. 1998, doi:10.1109/5.726791"
    set_name: ClassVar[str] = "mnist"
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")
