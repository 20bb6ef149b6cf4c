"""Base classes of data sets: stimuli for training and testing, preprocessed by declared steps.

`Dataset.load` reads the raw pictures. `Dataset.prepare` also applies the steps that the parameters declare, in this
order: grey, resize, invert, frame, centre, deskew, on and off, equal sum or length (see `transform`). The result is
`Images`: a stack of grey values. A kind only reads; it does not preprocess, and no kind imports another.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import _transform as steps
from stdpbench.data.stimuli import Images, StimulusSet, pictures_of
from stdpbench.declare.parameters import Parameters, parameter


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test stimuli of a data set, and the names of its classes (empty without labels).

    `spare` has the training stimuli that an experiment does not use for training, labelling or evaluation. A stream
    has no stimuli; `fingerprint` identifies its spikes if they come from a file.
    """

    train: StimulusSet
    test: StimulusSet
    class_names: tuple[str, ...]
    spare: StimulusSet | None = None
    fingerprint: str = ""


PLACES = ("path", "train_images", "train_labels", "test_images", "test_labels")
"""Parameters that name files and folders."""
STEPS = ("resize", "frame", "invert", "center", "deskew", "on_off", "pixel_sum", "pixel_norm")
"""Parameters that are preprocessing steps from a raw picture to the input of a network."""


_SPREAD = 60_000
"""Seed for the choice of validation pictures that are spread over the training pictures."""


class Source(Parameters):
    """Source of a network's input: stimuli, or a stream of spikes (`stdpbench.kinds.streams`)."""

    summary: ClassVar[str]
    reference: ClassVar[str]
    shows: ClassVar[str] = "images"
    """Kind of the stimuli: ``"images"``, ``"signals"`` or ``"events"``; a stream has none."""
    plane_names: ClassVar[tuple[str, ...]] = ()
    """Names of planes of events, such as polarities; empty: they are numbered."""
    published: ClassVar[tuple[int, int, int] | None] = None
    """Numbers of training and test pictures, and their side in pixels, if these are fixed."""

    @abstractmethod
    def prepare(self) -> Split:
        """Return the preprocessed stimuli; a stream returns empty arrays of the shape of the input.

        Raises
        ------
        StdpbenchError
            If data are missing, damaged or inconsistent.
        """

    def resolved(self) -> Self:
        """Return the same source with absolute paths, independent of the working directory."""
        changes = {
            name: str(Path(value).expanduser().resolve())
            for name in PLACES
            if isinstance(value := getattr(self, name, None), str)
        }
        return self.model_copy(update=changes) if changes else self

    def validation_size(self, n_train: int) -> int:
        """Return the number of training pictures that `--validation` holds out: one sixth of `n_train`."""
        return max(1, n_train // 6)


class Dataset(Source):
    """Source of pictures and their preprocessing; one kind per file."""

    resize: int | None = parameter(
        None,
        ge=1,
        le=512,
        structural=True,
        help="Side in pixels to which pictures are scaled, without keeping their proportions; none: not scaled.",
    )
    frame: int | None = parameter(
        None,
        ge=1,
        le=512,
        structural=True,
        help="Side in pixels of a black frame around the pictures; none: no frame.",
    )
    invert: bool = parameter(False, help="Whether to invert grey values, for dark ink on light paper.")
    center: bool = parameter(False, help="Whether to shift each picture so that its centre of mass is in the middle.")
    deskew: bool = parameter(
        False,
        help="Whether to shear each picture horizontally so that its principal axis is vertical, by at most 45°: "
        "slanted digits become upright.",
    )
    on_off: float | None = parameter(
        None,
        unit="",
        gt=0.2,
        le=20,
        structural=True,
        help="SD in pixels of the centre of contrasts that are shown in place of pixels: bright centres in the upper "
        "half of the input, dark ones in the lower; none: pixels.",
    )
    pixel_sum: float | None = parameter(
        None, unit="", gt=0, help="Sum of grey values to which every picture is scaled; none: not scaled."
    )
    pixel_norm: float | None = parameter(
        None,
        unit="",
        gt=0,
        help="Euclidean length of the grey values to which every picture is scaled, so that its brightness does not "
        "decide which neuron wins; none: not scaled.",
    )
    validation_images: int | None = parameter(
        None, ge=1, help="Number of training pictures that --validation holds out; none: one sixth."
    )
    validation: Literal["last", "spread"] = parameter(
        "last",
        help="Which pictures --validation holds out: the last ones, or one from each of as many equal parts of the "
        "training pictures, if their order matters: the last 10 000 of MNIST are easier than the others.",
    )

    @model_validator(mode="after")
    def _check_scales(self) -> Self:
        if self.pixel_sum is not None and self.pixel_norm is not None:
            raise ValueError("pixel_sum and pixel_norm both scale pictures; remove one of them")
        return self

    @abstractmethod
    def load(self) -> Split:
        """Read the raw pictures, without preprocessing.

        Raises
        ------
        StdpbenchError
            If data are missing, damaged or inconsistent.
        """

    def prepare(self) -> Split:
        """Read the pictures and apply the declared steps.

        Raises
        ------
        StdpbenchError
            For the reasons of `load`, or if `frame` is smaller than the pictures.
        """
        split = self.load()
        return Split(self._ready(split.train), self._ready(split.test), split.class_names)

    def validation_size(self, n_train: int) -> int:
        """Return the number of pictures that `--validation` holds out: `validation_images`, or one sixth."""
        return super().validation_size(n_train) if self.validation_images is None else self.validation_images

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without `validation` and `deskew` if they have their defaults."""
        mapping = super().to_mapping()
        if not self.deskew:
            del mapping["deskew"]
        if self.validation == "last":
            del mapping["validation"]
        return mapping

    def _ready(self, stimuli: StimulusSet) -> Images:
        return prepared(pictures_of(stimuli), self)


def prepared(images: Images, dataset: Dataset) -> Images:
    r"""Apply the steps that `dataset` declares to pictures as read.

    The steps that are declared, in this order:

    1. grey: colours become their luminance, :math:`0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601);
    2. resize: scaled to a square by bicubic interpolation, over the area of a target pixel when shrinking; clipped
       to 0 .. 255;
    3. invert: :math:`255 - pixel`;
    4. frame: put in the middle of a black square (an odd rest goes to the right and below);
    5. centre: shifted by whole pixels so that the centre of mass lies within half a pixel of the middle; pixels do not
       wrap around. It follows the frame to use its margin; pixels that are moved beyond the edge are lost;
    6. deskew: sheared horizontally so that the principal axis is vertical. Each row moves by
       :math:`-s\,(r - \bar r)`, where r is its number, :math:`\bar r` and :math:`\bar c` the centre of mass, and
       :math:`s = \mu_{11} / \mu_{02}` the ratio of the central moments
       :math:`\mu_{11} = \sum p\,(r - \bar r)(c - \bar c)` and :math:`\mu_{02} = \sum p\,(r - \bar r)^2` of the grey
       values p, at most 1 either way (45°). Linear interpolation within rows leaves the centre of mass where it was;
       pixels that are moved beyond the edge are lost;
    7. on and off: the difference of two Gaussians with SDs of `on_off` and twice as many pixels, as in cells of the
       lateral geniculate nucleus; positive values become the upper half of the picture, negative ones, with the sign
       changed, the lower half. An edge from black to white has contrasts of 255; larger ones are cut;
    8. pixel sum: multiplied so that the grey values of a picture sum to `pixel_sum`; a black picture stays black;
    9. pixel norm: multiplied so that the square root of the sum of their squares is `pixel_norm`, likewise.

    The sixth is the deslanting of LeCun et al. (1998), section III, with moments of grey values rather than of
    foreground pixels; the limit is ours. The seventh is after Kheradpisheh et al. (2018), section 2.1, with SDs of 1
    and 2.

    Parameters
    ----------
    images : Images
        Pictures with grey values or colours in 0 .. 255.
    dataset : Dataset
        A data set that declares steps.

    Returns
    -------
    Images
        uint8 stays uint8, rounded, and other types become float32; the last two steps are `Images.factors`.

    Raises
    ------
    StdpbenchError
        If the frame is smaller than the pictures.
    """
    grey = images.grey
    stack: steps.Pixels = grey if grey.dtype == np.uint8 else grey.astype(np.float32, copy=False)
    if stack.ndim == 4:
        stack = steps.grey(stack)
    if dataset.resize is not None:
        stack = steps.resize(stack, dataset.resize)
    if dataset.invert:
        stack = np.subtract(255, stack, dtype=stack.dtype)
    if dataset.frame is not None:
        stack = steps.framed(stack, dataset.frame)
    if dataset.center:
        stack = steps.centred(stack)
    if dataset.deskew:
        stack = steps.deskewed(stack)
    if dataset.on_off is not None:
        stack = steps.on_off(stack, dataset.on_off)
    return equally_bright(Images(stack, images.labels), dataset)


def equally_bright(images: Images, dataset: Dataset) -> Images:
    """Scale pictures to the sum or the length that `dataset` declares; black ones stay black."""
    if dataset.pixel_sum is not None:
        return replace(images, factors=steps.factors_to(images.grey, dataset.pixel_sum, 1))
    if dataset.pixel_norm is not None:
        return replace(images, factors=steps.factors_to(images.grey, dataset.pixel_norm, 2))
    return images


def validation_split(split: Split, n: int, which: Literal["last", "spread"] = "last") -> Split:
    """Hold out training pictures, so that settings can be chosen without using the test pictures.

    Parameters
    ----------
    split : Split
        A whole data set.
    n : int
        Number of pictures to hold out; see `Dataset.validation_size`.
    which : {"last", "spread"}
        Whether to hold out the last ones, or one from each of n parts of equal size, always the same ones. These are
        not equidistant, because the order may have a period: pictures at even places of MNIST's training file are
        harder than those at odd places.

    Returns
    -------
    Split
        train: the other training pictures, in order; test: the `n` held-out training pictures. The test pictures of
        `split` are left out.

    Raises
    ------
    StdpbenchError
        If no picture is held out, or none is left for training.
    """
    n_train = len(split.train) - n
    if n < 1 or n_train < 1:
        setting = " (data.validation_images)" if split.train.kind == "images" else ""
        raise StdpbenchError(
            f"--validation cannot hold out {n}{setting} of {len(split.train)} training {split.train.noun}s; the "
            f"number must lie in 1 .. {len(split.train) - 1}"
        )
    if which == "last":
        return Split(split.train.part(0, n_train), split.train.part(n_train, len(split.train)), split.class_names)
    starts = np.arange(n + 1) * len(split.train) // n
    held_out = starts[:-1] + np.random.default_rng(_SPREAD).integers(np.diff(starts))
    others = np.delete(np.arange(len(split.train)), held_out)
    return Split(split.train.chosen(others), split.train.chosen(held_out), split.class_names)
