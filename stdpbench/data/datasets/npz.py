"""Pictures in a NumPy archive."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_files import check_content, read_npz
from stdpbench.data.datasets._checks import grey_values, label_values, local_path
from stdpbench.data.datasets._holding_out import HoldingOut, Raw, alternating_order
from stdpbench.data.datasets.base import Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.declare.parameters import parameter

_PER_PICTURE = 100  # bytes
_NAMES = ("images", "labels", "test_images", "test_labels")


def read_pictures(path: Path) -> tuple[Raw, Raw | None]:
    """Return the pictures of the arrays ``images`` and ``test_images``, with ``labels`` and ``test_labels``.

    Raises
    ------
    StdpbenchError
        If the file or an array of it is missing or cannot be used.
    """
    arrays = read_npz(path, _NAMES)
    if "images" not in arrays:
        raise StdpbenchError(
            f"{path} holds no array images (number×height×width); it holds {', '.join(arrays) or 'nothing'}"
        )
    if "test_labels" in arrays and "test_images" not in arrays:
        raise StdpbenchError(f"{path} holds test_labels, but no test_images")
    present = [name for name in ("images", "test_images") if name in arrays]
    # networks use 32 bits per pixel; labels, order and counts are kept for each picture
    check_content(path, sum(4 * arrays[name].size + _PER_PICTURE * sum(arrays[name].shape[:1]) for name in present))
    pixels = grey_values([(f"{name} of {path}", arrays[name]) for name in present])
    raws = []
    for name, stack in zip(present, pixels, strict=True):
        labels = name.replace("images", "labels")
        where = f"{name} of {path}"
        values = label_values(f"{labels} of {path}", arrays[labels], len(stack), where) if labels in arrays else None
        raws.append(Raw(where, stack, values))
    return raws[0], raws[1] if len(raws) > 1 else None


class NPZ(HoldingOut):
    """Arrays of one .npz file: ``images``, and optionally ``labels``, ``test_images``, ``test_labels``.

    ``images`` is number × height × width, or number × height × width × 3 for colours: whole numbers in 0 .. 255, or
    decimal numbers in 0 .. 255 or, if none exceeds 1, in 0 .. 1. Labels are whole numbers or texts. Write such a file
    with ``numpy.savez_compressed("mine.npz", images=images, labels=labels)``. Pickled objects in it are refused.
    Classes alternate, as in a folder, so that the first pictures of a file sorted by class have all classes.
    """

    kind: Literal["npz"] = "npz"
    path: str | None = parameter(
        None, help="The .npz file, with images and optionally labels, test_images, test_labels."
    )

    summary: ClassVar[str] = "Arrays in a NumPy .npz file"
    reference: ClassVar[str] = "https://numpy.org/doc/stable/reference/generated/numpy.savez.html"

    def load(self) -> Split:
        """Read the arrays; see `Dataset.load`."""
        path = local_path("data.path", self.path, "it must name an .npz file with an array images")
        split = self._split(*read_pictures(path))
        return Split(_in_turns(split.train), _in_turns(split.test), split.class_names)


def _in_turns(part: StimulusSet) -> StimulusSet:
    return part if part.labels is None else part.chosen(alternating_order(part.labels))
