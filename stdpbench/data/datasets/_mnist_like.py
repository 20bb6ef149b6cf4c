"""MNIST and its drop-in replacements: their published files, mirrors and digests, and the class that reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import data_folders
from stdpbench.data.datasets._checks import grey_values, label_values, local_path
from stdpbench.data.datasets._idx_format import is_gzip, open_plain, read_idx
from stdpbench.data.datasets.base import Dataset, Split
from stdpbench.data.stimuli import Images
from stdpbench.declare.parameters import parameter

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


@dataclass(frozen=True)
class PublishedFile:
    """One file of a published data set.

    Attributes
    ----------
    name : str
        Name of the file, without .gz.
    plain : str
        Digest of the decompressed bytes, such as ``"sha256:0fa7…"``; independent of the compression.
    packed : str
        Digest of the published .gz file.
    """

    name: str
    plain: str
    packed: str

    def matches(self, path: Path) -> bool:
        """Return whether a local file, plain or gzip, is identical; False if it cannot be read completely."""
        try:
            if is_gzip(path):
                with path.open("rb") as file:
                    if _digest(file, self.packed) == self.packed:
                        return True
            with open_plain(path) as file:
                return _digest(file, self.plain) == self.plain
        except (OSError, StdpbenchError):
            return False


@dataclass(frozen=True)
class PublishedSet:
    """A published data set: four files, and the base addresses that serve them."""

    name: str
    files: tuple[PublishedFile, ...]
    mirrors: tuple[str, ...]


def find_file(folder: Path, name: str) -> Path | None:
    """Return a file in a folder, by the first of its `spellings` that exists."""
    return next((path for spelling in spellings(name) if (path := folder / spelling).is_file()), None)


def spellings(name: str) -> tuple[str, ...]:
    """Return the possible names of a file, gzip first; some copies have ``.idx3`` instead of ``-idx3``."""
    dotted = name.replace("-idx", ".idx")
    return f"{name}.gz", name, f"{dotted}.gz", dotted


def find_set(name: str, folders: Iterable[Path]) -> Path | None:
    """Return the first folder with all files of a set; in each folder, its subfolder `name` comes first.

    All these sets use the same file names, so a folder with the test labels of another set is skipped.
    """
    for folder in folders:
        for candidate in (folder / name, folder):
            files = [find_file(candidate, file.name) for file in PUBLISHED[name].files]
            if None not in files and not other_set(name, candidate):
                return candidate
    return None


def other_set(name: str, folder: Path) -> str | None:
    """Return the name of another published set in a folder, recognised by its test labels; None without one."""
    path = find_file(folder, TEST_LABELS)
    for other in PUBLISHED.values():
        if path is not None and other.name != name:
            labels = next(file for file in other.files if file.name == TEST_LABELS)
            if labels.matches(path):
                return other.name
    return None


def _digest(file: BinaryIO, like: str) -> str:
    algorithm = like.partition(":")[0]
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return f"{algorithm}:{digest.hexdigest()}"


def _files(*digests: tuple[str, str]) -> tuple[PublishedFile, ...]:
    names = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    return tuple(PublishedFile(name, *pair) for name, pair in zip(names, digests, strict=True))


# data/README.md documents the sources of the digests and how each was verified
PUBLISHED: Mapping[str, PublishedSet] = {
    published.name: published
    for published in (
        PublishedSet(
            "mnist",
            _files(
                (
                    "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                ),
                (
                    "sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                ),
                (
                    "sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                ),
                (
                    "sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                    "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                ),
            ),
            (
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
        ),
        PublishedSet(
            "fashion-mnist",
            _files(
                (
                    "md5:f4a8712d7a061bf5bd6d2ca38dc4d50a",
                    "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                (
                    "md5:9018921c3c673c538a1fc5bad174d6f9",
                    "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
                (
                    "md5:8181f5470baa50b63fa0f6fddb340f0a",
                    "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                ),
                (
                    "md5:15d484375f8d13e6eb1aabb0c3f46965",
                    "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            ),
            (
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            ),
        ),
        PublishedSet(
            "kmnist",
            _files(
                (
                    "md5:92be26ec9822e900ac425d0a0aa84ced",
                    "sha256:51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                ),
                (
                    "md5:949e75301f8813e0dc5800dcc320fc52",
                    "sha256:e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                ),
                (
                    "md5:bf305b8cd328700fbc17f5acbc2856d2",
                    "sha256:edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                ),
                (
                    "md5:9f55f451c0988b028eccdf7d5cc265ab",
                    "sha256:20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
                ),
            ),
            (
                "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
                "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/KMNIST/",
                "https://huggingface.co/datasets/tanganke/kmnist/resolve/53810959241e8f35890445245170c8cec0672f81/raw/",
            ),
        ),
    )
}


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
        folder_of_set = find_set(self.set_name, folders)
        if folder_of_set is not None:
            return folder_of_set
        candidates = [candidate for folder in folders for candidate in (folder / self.set_name, folder)]
        remark = ""
        for candidate in candidates:
            missing = [file.name for file in PUBLISHED[self.set_name].files if find_file(candidate, file.name) is None]
            if 0 < len(missing) < len(PUBLISHED[self.set_name].files):
                remark = f" ({candidate} lacks {', '.join(missing)})"
            elif not missing:
                remark = f" ({candidate} holds {other_set(self.set_name, candidate)})"
        raise StdpbenchError(
            f"the four files of {self.set_name} are not in {' or '.join(map(str, folders))}{remark}; get them with "
            f"`stdpbench data fetch {self.set_name}`, or name their folder in "
            f"{'data.path' if self.path else 'STDPBENCH_DATA'}"
        )

    def _read(self, folder: Path, images_name: str, labels_name: str) -> Images:
        images_path, labels_path = find_file(folder, images_name), find_file(folder, labels_name)
        if images_path is None or labels_path is None:
            raise StdpbenchError(f"{images_name} or {labels_name} disappeared from {folder} while it was being read")
        (pixels,) = grey_values([(str(images_path), read_idx(images_path))])
        values = label_values(str(labels_path), read_idx(labels_path), len(pixels), str(images_path)).astype(np.int64)
        if values.min() < 0 or values.max() >= len(self.class_names):
            raise StdpbenchError(
                f"{labels_path} holds the label {values.min() if values.min() < 0 else values.max()}, "
                f"but labels must be 0 .. {len(self.class_names) - 1}"
            )
        return Images(pixels, values)
