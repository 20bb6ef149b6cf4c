"""Read pictures and labels of an npz file: training pictures, and test pictures if there are any."""

from __future__ import annotations

from pathlib import Path

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_files import check_content, read_npz
from stdpbench.data.datasets._checks import grey_values, label_values
from stdpbench.data.datasets._own import Raw

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
    check_content(path, 4 * sum(arrays[name].size for name in present))  # networks see them in 32 bits
    pixels = grey_values([(f"{name} of {path}", arrays[name]) for name in present])
    raws = []
    for name, stack in zip(present, pixels, strict=True):
        labels = name.replace("images", "labels")
        where = f"{name} of {path}"
        values = label_values(f"{labels} of {path}", arrays[labels], len(stack), where) if labels in arrays else None
        raws.append(Raw(where, stack, values))
    return raws[0], raws[1] if len(raws) > 1 else None
