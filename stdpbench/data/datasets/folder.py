"""A folder of picture files, one subfolder for each class."""

from __future__ import annotations

import os
import struct
import unicodedata
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import local_path, visible_entries
from stdpbench.data.datasets._holding_out import HoldingOut, Raw, alternating_order
from stdpbench.data.datasets._transform import resize
from stdpbench.data.datasets.base import Split
from stdpbench.declare.parameters import parameter

PICTURES = {".png", ".jpg", ".jpeg"}
_LARGEST = 512


class Folder(HoldingOut):
    """PNG and JPEG files of a folder.

    The subfolders are the classes, with their names; pictures without subfolders are unlabelled. If there are
    subfolders ``train`` and ``test``, each has such a structure, and no other pictures are held out. Names that start
    with a dot are ignored.

    Classes and files are sorted by name, numbers in names as numbers. Then the classes alternate, so that the first
    and last pictures, which `schedule.train_images` and `--validation` cut off, have all classes. Colours become
    luminance, transparency becomes black, and JPEG pictures are rotated according to their EXIF data. With `resize`,
    files may differ in size, since each is scaled when it is read.
    """

    kind: Literal["folder"] = "folder"
    path: str | None = parameter(
        None,
        help="Folder with a subfolder of PNG or JPEG files per class, or with such folders train and test.",
    )

    summary: ClassVar[str] = "PNG or JPEG files in a folder, one subfolder per class"
    reference: ClassVar[str] = "none: your own pictures"

    def load(self) -> Split:
        """Read the files: uint8, (n, height, width); see `Dataset.load`."""
        root = local_path("data.path", self.path, "it must name a folder of PNG or JPEG files")
        try:
            if not root.is_dir():
                raise StdpbenchError(f"there is no folder {root}; data.path must name a folder of PNG or JPEG files")
            halves = [root / name for name in ("train", "test")]
            if all(half.is_dir() for half in halves):
                return self._split(self._read(halves[0]), self._read(halves[1]))
            return self._split(self._read(root), None)
        except OSError as error:
            raise StdpbenchError(f"{error.filename or root} cannot be read: {error.strerror or error}") from None

    def _read(self, root: Path) -> Raw:
        folders = [entry for entry in visible_entries(root) if entry.is_dir()]
        for folder in folders:
            shown = os.fsencode(folder.name).decode("utf-8", "backslashreplace")
            if shown != folder.name:
                raise StdpbenchError(
                    f"{root} holds a folder {shown}, whose name is not UTF-8 and cannot name a class; give it another"
                )
        loose = _pictures(root)
        classes = {
            unicodedata.normalize("NFC", folder.name): files for folder in folders if (files := _pictures(folder))
        }
        if loose and classes:
            raise StdpbenchError(
                f"{root} holds pictures, such as {loose[0].name}, next to class folders, such as {next(iter(classes))}"
                "; either all pictures must be in the folder of their class, or none"
            )
        if not loose and not classes:
            raise StdpbenchError(f"{root} holds no PNG or JPEG files, neither directly nor in a folder for each class")
        if loose:
            return Raw(str(root), self._stack(loose), None)
        order = alternating_order(np.repeat(np.arange(len(classes)), [len(files) for files in classes.values()]))
        named = [(file, name) for name, files in classes.items() for file in files]
        turns = [named[number] for number in order]
        return Raw(str(root), self._stack([file for file, _ in turns]), np.array([name for _, name in turns]))

    def _stack(self, files: list[Path]) -> NDArray[np.uint8]:
        first = _read_picture(files[0])
        side = self.resize
        if side is None and max(first.shape) > _LARGEST:
            raise StdpbenchError(
                f"{files[0]} has {first.shape[0]}×{first.shape[1]} pixels, too many for a network; "
                f"set data.resize to at most {_LARGEST}"
            )
        stack = np.empty((len(files), *(first.shape if side is None else (side, side))), np.uint8)
        for number, file in enumerate(files):
            picture = first if number == 0 else _read_picture(file)
            if side is None and picture.shape != first.shape:
                raise StdpbenchError(
                    f"{file} has {picture.shape[0]}×{picture.shape[1]} pixels, but {files[0]} has "
                    f"{first.shape[0]}×{first.shape[1]}; all must have one size, or data.resize must set it"
                )
            stack[number] = picture if side is None else resize(picture[None], side)[0]
        return stack


def _pictures(folder: Path) -> list[Path]:
    return [entry for entry in visible_entries(folder) if entry.suffix.lower() in PICTURES and entry.is_file()]


def _read_picture(path: Path) -> NDArray[np.uint8]:
    """Read the grey values of a file, uint8, (height, width)."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as file:
            picture = ImageOps.exif_transpose(file)
            if picture.mode.startswith("I"):  # 16 bits per pixel: 65535 is white
                deep = np.clip(np.asarray(picture, dtype=np.float64), 0, 65535)
                return np.rint(deep / 257).astype(np.uint8)
            if picture.has_transparency_data:
                picture = Image.alpha_composite(
                    Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture.convert("RGBA")
                )
            return np.asarray(picture.convert("L"))
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError):
        raise StdpbenchError(f"{path} cannot be read as a PNG or JPEG picture; repair or remove it") from None
