"""Pictures in a NumPy archive: the shortest way from an array to a data set."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import local_path
from stdpbench.data.datasets._npz_pictures import read_pictures
from stdpbench.data.datasets._own import HoldingOut, taking_turns
from stdpbench.data.datasets.base import Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.declare.parameters import parameter


class NPZ(HoldingOut):
    """Arrays of one .npz file: ``images``, and optionally ``labels``, ``test_images``, ``test_labels``.

    ``images`` is number × height × width, or number × height × width × 3 for colours: whole numbers in 0 .. 255, or
    decimal numbers in 0 .. 255 or, where none exceeds 1, in 0 .. 1. Labels are whole numbers or texts. Such a file is
    made by ``numpy.savez_compressed("mine.npz", images=images, labels=labels)``. Pickled objects in it are refused.
    Classes take turns, as in a folder, so that the first pictures of a file sorted by class have all classes.
    """

    kind: Literal["npz"] = "npz"
    path: str | None = parameter(
        None, help="The .npz file, with images and optionally labels, test_images, test_labels."
    )

    summary: ClassVar[str] = "Arrays in a NumPy .npz file"
    reference: ClassVar[str] = "https://numpy.org/doc/stable/reference/generated/numpy.savez.html"

    def load(self) -> Split:
        """Read the arrays; see `Dataset.load`."""
        if not self.path:
            raise StdpbenchError("data.path is missing; it must name an .npz file with an array images")
        split = self._split(*read_pictures(local_path("data.path", self.path)))
        return Split(_in_turns(split.train), _in_turns(split.test), split.class_names)


def _in_turns(part: StimulusSet) -> StimulusSet:
    return part if part.labels is None else part.chosen(taking_turns(part.labels))
