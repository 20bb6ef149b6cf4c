"""Base class of MNIST and its drop-in replacements: four IDX files in the user's data folders."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import data_folders
from stdpbench.data.datasets._checks import grey_values, label_values, local_path
from stdpbench.data.datasets._idx_format import read_idx
from stdpbench.data.datasets._published import (
    PUBLISHED,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    find_file,
    find_set,
    other_set,
)
from stdpbench.data.datasets.base import Dataset, Split
from stdpbench.data.stimuli import Images
from stdpbench.declare.parameters import parameter


class MNISTLike(Dataset):
    """Base of the published sets: 60 000 training and 10 000 test pictures of 28 × 28 pixels in ten classes."""

    path: str | None = parameter(
        None,
        help="Folder with the four IDX files; none: where `stdpbench data fetch` puts them.",
    )

    published: ClassVar[tuple[int, int, int] | None] = (60_000, 10_000, 28)
    set_name: ClassVar[str]
    class_names: ClassVar[tuple[str, ...]]

    def load(self) -> Split:
        """Read the files: uint8, (60000, 28, 28) and (10000, 28, 28); see `Dataset.load`."""
        folder = self._folder()
        train = self._read(folder, TRAIN_IMAGES, TRAIN_LABELS)
        test = self._read(folder, TEST_IMAGES, TEST_LABELS)
        if train.pixels.shape[1:] != test.pixels.shape[1:]:
            raise StdpbenchError(f"the training and test pictures in {folder} differ in size")
        return Split(train, test, self.class_names)

    def _folder(self) -> Path:
        folders = (local_path("data.path", self.path),) if self.path else data_folders()
        found = find_set(self.set_name, folders)
        if found is not None:
            return found
        candidates = [candidate for folder in folders for candidate in (folder / self.set_name, folder)]
        remarks = ""
        for candidate in candidates:
            missing = [file.name for file in PUBLISHED[self.set_name].files if find_file(candidate, file.name) is None]
            if 0 < len(missing) < len(PUBLISHED[self.set_name].files):
                remarks = f" ({candidate} lacks {', '.join(missing)})"
            elif not missing:
                remarks = f" ({candidate} holds {other_set(self.set_name, candidate)})"
        raise StdpbenchError(
            f"the four files of {self.set_name} are not in {' or '.join(map(str, folders))}{remarks}; get them with "
            f"`stdpbench data fetch {self.set_name}`, or name their folder in "
            f"{'data.path' if self.path else 'STDPBENCH_DATA'}"
        )

    def _read(self, folder: Path, images: str, labels: str) -> Images:
        images_path, labels_path = find_file(folder, images), find_file(folder, labels)
        if images_path is None or labels_path is None:
            raise StdpbenchError(f"{images} or {labels} disappeared from {folder} while it was being read")
        (pixels,) = grey_values([(str(images_path), read_idx(images_path))])
        values = label_values(str(labels_path), read_idx(labels_path), len(pixels), str(images_path)).astype(np.int64)
        if values.min() < 0 or values.max() >= len(self.class_names):
            raise StdpbenchError(
                f"{labels_path} holds the label {values.min() if values.min() < 0 else values.max()}, "
                f"but labels must be 0 .. {len(self.class_names) - 1}"
            )
        return Images(pixels, values)
