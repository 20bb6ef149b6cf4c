"""Base class of sets of stimuli."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli.stimulus import Stimulus


class StimulusSet(ABC):
    """Stimuli of one kind, and their labels; subclasses are data classes whose fields are arrays.

    Attributes
    ----------
    labels : ndarray, int64, (n,) or None
        Class of each stimulus, 0 .. n_classes - 1; None if unknown.
    pool : ndarray, float64, (n_times,), or None
        Spike times in s of the whole data set, from which a control of timing draws; None without such a control.
    kind : {"images", "signals", "events"}
        Kind of the stimuli.
    kind_noun : str
        Name of a stimulus of this kind in sentences.
    static_name : str
        Name of the values of `static`.
    per_stimulus : tuple of str
        Names of the arrays with an element per stimulus, apart from the labels.
    """

    labels: NDArray[np.int64] | None
    pool: NDArray[np.float64] | None
    kind: ClassVar[str]
    kind_noun: ClassVar[str]
    static_name: ClassVar[str]
    per_stimulus: ClassVar[tuple[str, ...]] = ("first", "stop")

    def __len__(self) -> int:
        """Count the stimuli."""
        return len(getattr(self, self.per_stimulus[0]))

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Height and width of the grid of values or channels; an encoder may have several inputs per value."""

    @property
    @abstractmethod
    def static(self) -> NDArray[Any]:
        """Stimuli without time, for methods that ignore it: (n, height, width).

        The pictures themselves, the mean of each channel of a signal, or the number of events of each channel.
        Baselines are computed from these values, and thumbnails show them.
        """

    @property
    def drawn(self) -> NDArray[Any]:
        """Values of each stimulus for thumbnails, (n, height, width): `static`, summed over planes."""
        return self.static

    @abstractmethod
    def stimulus(self, number: int) -> Stimulus:
        """Return one stimulus for the encoder."""

    def seconds(self, number: int) -> float | None:
        """Return the duration of a stimulus in s; None if it has no duration, such as a picture."""
        return None

    def chosen(self, numbers: NDArray[np.int64] | slice) -> Self:
        """Return the stimuli with the given numbers; a slice does not copy, nor are samples and events copied."""
        arrays = {name: array[numbers] for name in self.per_stimulus if (array := getattr(self, name)) is not None}
        labels = None if self.labels is None else self.labels[numbers]
        return replace(self, **arrays, labels=labels)  # type: ignore[type-var]

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays of the stimuli except their labels, by name, as accepted by `of_arrays`."""
        names = [field.name for field in fields(self) if field.name != "labels"]  # type: ignore[arg-type]
        return {name: array for name in names if (array := getattr(self, name)) is not None}

    @property
    def presented(self) -> dict[str, NDArray[Any]]:
        """All arrays that decide what is presented, by name."""
        return self.arrays

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]], labels: NDArray[np.int64] | None) -> Self:
        """Create a set from the `arrays` of another one."""
        return cls(**arrays, labels=labels)  # type: ignore[call-arg]

    @property
    def noun(self) -> str:
        """Name of a stimulus in sentences."""
        return self.kind_noun

    # -- what all kinds share --------------------------------------------------------------------------------------

    @property
    def known_labels(self) -> NDArray[np.int64]:
        """The labels of stimuli that have some."""
        assert self.labels is not None
        return self.labels

    @property
    def n_values(self) -> int:
        """Number of pixels or channels."""
        height, width = self.shape
        return height * width

    @property
    def nbytes(self) -> int:
        """Memory of the stimuli in bytes."""
        return sum(array.nbytes for array in self.arrays.values())

    def part(self, start: int, stop: int) -> Self:
        """Return stimuli `start` to `stop` - 1, without a copy."""
        return self.chosen(slice(start, stop))

    def with_pool(self, pool: NDArray[np.float64]) -> Self:
        """Return the stimuli with a pool of spike times."""
        return self.of_arrays({**self.arrays, "pool": pool}, self.labels)

    def unlabelled(self) -> Self:
        """Return the stimuli without their labels."""
        return self.of_arrays(self.arrays, None)

    def shares_memory(self, other: StimulusSet) -> bool:
        """Return whether both sets have stimuli in the same memory."""
        mine, theirs = (next(iter(stimuli.arrays.values())) for stimuli in (self, other))
        return bool(np.shares_memory(mine, theirs))

    def digest(self, number: int) -> bytes:
        """Return a hash of the content of one stimulus."""
        hasher = hashlib.blake2b(digest_size=16)
        for array in self.chosen(np.array([number])).presented.values():
            hasher.update(np.ascontiguousarray(array).data)
        return hasher.digest()


def is_whole(first: NDArray[np.int64], stop: NDArray[np.int64], n: int) -> bool:
    """Return whether `n` samples or events are those of all stimuli, in order; `first` and `stop` of each."""
    ends = np.concatenate([[0], stop])
    return bool((first == ends[:-1]).all() and ends[-1] == n)
