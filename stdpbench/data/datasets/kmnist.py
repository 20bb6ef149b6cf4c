"""KMNIST: cursive Japanese characters in the format of MNIST."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.data.datasets._mnist_like import MNISTLike


class KMNIST(MNISTLike):
    """60 000 training and 10 000 test pictures of ten Hiragana in historical cursive, 28 × 28 pixels.

    Source: Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto & Ha (2018), Deep learning for classical Japanese
    literature.
    """

    kind: Literal["kmnist"] = "kmnist"

    summary: ClassVar[str] = "70 000 cursive Japanese characters of 28 × 28 pixels"
    reference: ClassVar[str] = "Clanuwat et al. 2018, arXiv:1812.01718"
    set_name: ClassVar[str] = "kmnist"
    class_names: ClassVar[tuple[str, ...]] = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
