"""Fashion-MNIST: articles of clothing in the format of MNIST."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.data.datasets._mnist_like import MNISTLike


class FashionMNIST(MNISTLike):
    """60 000 training and 10 000 test pictures of articles of clothing, 28 × 28 pixels.

    Source: Xiao, Rasul & Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms.
    """

    kind: Literal["fashion-mnist"] = "fashion-mnist"

    summary: ClassVar[str] = "70 000 articles of clothing of 28 × 28 pixels"
    reference: ClassVar[str] = "Xiao et al. 2017, arXiv:1708.07747"
    set_name: ClassVar[str] = "fashion-mnist"
    class_names: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
