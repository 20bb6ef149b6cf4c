"""Japanese Vowels: recorded speech, to be classified by speaker."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import data_set_folder
from stdpbench.data.datasets._holding_out import shuffled_order
from stdpbench.data.datasets._signal_files import read_ts, scaled, scaling, signals_of
from stdpbench.data.datasets.base import Source, Split
from stdpbench.data.stimuli.signals import Signals
from stdpbench.declare.parameters import parameter

_FILES = ("JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts")
_CHANNELS = 12
_NAMES = tuple(str(speaker) for speaker in range(1, 10))


class JapaneseVowels(Source):
    """Two vowels (/ae/) spoken by nine men: 12 coefficients of linear prediction per frame; the class is the speaker.

    270 utterances for training, 30 of each speaker, and 370 for the test, 24 to 88 of each; 7 to 29 frames long. A
    frame was 6.4 ms of speech. At the default `rate` an utterance takes 0.14 to 0.58 s, so that neurons have time to
    fire. With `scale`, each coefficient is scaled to 0 .. 1 by its range in training. The file is sorted by speaker;
    the training utterances are shuffled, the same way in all versions.

    Means over time distinguish the speakers well, so a good accuracy does not show that a network uses timing.

    Source: Kudo, Toyama & Shimbo (1999), Pattern Recognition Letters 20:1103-1111; files of the UEA archive.
    """

    kind: Literal["japanese-vowels"] = "japanese-vowels"
    path: str | None = parameter(
        None,
        help="Folder with the files JapaneseVowels_TRAIN.ts and _TEST.ts; none: japanese-vowels in the data folder.",
    )
    rate: float = parameter(
        50.0, unit="Hz", gt=0, le=1000, help="Frames per second at which utterances are presented."
    )
    scale: bool = parameter(True, help="Whether to scale each channel to 0 .. 1 by its range in training.")

    summary: ClassVar[str] = "640 utterances of nine speakers, 12 channels of speech"
    reference: ClassVar[str] = "Kudo, Toyama & Shimbo 1999, doi:10.24432/C5NS47"
    shows: ClassVar[str] = "signals"

    def prepare(self) -> Split:
        """Read the two files; see `Source.prepare`."""
        folder = data_set_folder(
            "japanese-vowels",
            self.path,
            lambda folder: all((folder / name).is_file() for name in _FILES),
            " and ".join(_FILES),
            "get them from www.timeseriesclassification.com, and put them into a folder japanese-vowels there, or "
            "name their folder in data.path",
        )
        train, test = (self._read(folder / name) for name in _FILES)
        train = train.chosen(shuffled_order(len(train), 0))
        if self.scale:
            minimum_and_span = scaling(train)
            train, test = scaled(train, minimum_and_span), scaled(test, minimum_and_span)
        return Split(train, test, _NAMES)

    def _read(self, path: Path) -> Signals:
        """Read a file, and check that it is from the data set; classes are the numbers of the speakers, from 0."""
        raw = read_ts(path)
        if len(raw.values) != _CHANNELS or raw.labels is None or not set(raw.labels.tolist()) <= set(_NAMES):
            raise StdpbenchError(
                f"{raw.where} is not from Japanese Vowels: it must have {_CHANNELS} channels and the classes 1 to 9"
            )
        labels = np.array([_NAMES.index(label) for label in raw.labels], np.int64)
        return Signals.of_arrays(signals_of(raw, self.rate).arrays, labels)
