"""Local IDX files, the format of MNIST: the user's own pictures, EMNIST, notMNIST."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import grey_values, label_values, local_path
from stdpbench.data.datasets._holding_out import HoldingOut, Raw
from stdpbench.data.datasets._idx_format import read_idx
from stdpbench.data.datasets.base import Split
from stdpbench.declare.parameters import parameter


class IDX(HoldingOut):
    """Pictures, and labels if there are any, in IDX files, plain or gzip.

    Grey values are whole numbers in 0 .. 255, or decimal numbers in 0 .. 255 or, if none exceeds 1, in 0 .. 1. The
    pictures keep the order of their file.
    """

    kind: Literal["idx"] = "idx"
    train_images: str | None = parameter(None, help="IDX file of the training pictures.")
    train_labels: str | None = parameter(None, help="IDX file of their labels; none: unlabelled.")
    test_images: str | None = parameter(
        None, help="IDX file of the test pictures; none: some training pictures are held out."
    )
    test_labels: str | None = parameter(None, help="IDX file of their labels; none: unlabelled.")

    summary: ClassVar[str] = "Local IDX files, the format of MNIST"
    reference: ClassVar[str] = "http://yann.lecun.com/exdb/mnist/"

    def load(self) -> Split:
        """Read the files; see `Dataset.load`."""
        train_path = local_path("data.train_images", self.train_images, "it must name an IDX file of pictures")
        if self.test_labels and not self.test_images:
            raise StdpbenchError("data.test_labels needs data.test_images, the pictures that it labels")
        arrays = [(str(train_path), read_idx(train_path))]
        if self.test_images:
            test_path = local_path("data.test_images", self.test_images)
            arrays.append((str(test_path), read_idx(test_path)))
        raws = []
        for (where, _), pixels, half in zip(arrays, grey_values(arrays), ("train", "test"), strict=False):
            name = f"{half}_labels"
            labels_file: str | None = getattr(self, name)
            labels = None
            if labels_file:
                path = local_path(f"data.{name}", labels_file)
                labels = label_values(str(path), read_idx(path), len(pixels), where)
            raws.append(Raw(where, pixels, labels))
        return self._split(raws[0], raws[1] if self.test_images else None)
