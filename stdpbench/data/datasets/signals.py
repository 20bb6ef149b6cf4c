"""The user's own signals: values over time on several channels."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.data.datasets._checks import local_path
from stdpbench.data.datasets._holding_out import HoldingOutStimuli
from stdpbench.data.datasets._signal_files import read_signals, scaled, scaling, signals_of
from stdpbench.data.datasets.base import Split
from stdpbench.data.stimuli import Signals as SignalSet
from stdpbench.declare.parameters import parameter

_RATE = 100.0


class Signals(HoldingOutStimuli):
    """Your own time series, each with a class; their lengths may differ.

    * An .npz file with ``values``, number × channels × samples; or ``values``, channels × samples, of all signals one
      after the other, and ``lengths``, the samples of each. ``labels`` are whole numbers or texts, ``rate`` is the
      number of samples per second; ``test_values``, ``test_lengths`` and ``test_labels`` are optional.
    * A folder with a CSV file per signal: a line per sample, a column per channel. Its subfolders are the classes; or
      it has two such folders, ``train`` and ``test``.
    * A .ts file of the UEA archive, the format of sktime. ``X_TEST.ts`` beside ``X_TRAIN.ts`` holds the test signals.

    With `scale`, each channel is scaled to 0 .. 1 between its minimum and maximum over the training signals; values of
    test signals may lie beyond. The training signals are shuffled.
    """

    kind: Literal["signals"] = "signals"
    path: str | None = parameter(None, help="An .npz file, a .ts file, or a folder of CSV files.")
    rate: float | None = parameter(
        None, unit="Hz", gt=0, le=1e6, help="Samples per second; none: the value in the file, else 100 Hz."
    )
    scale: bool = parameter(True, help="Whether to scale each channel to 0 .. 1 by its range in training.")

    summary: ClassVar[str] = "Your own time series: .npz, .ts, or a folder of CSV files"
    reference: ClassVar[str] = "https://www.timeseriesclassification.com"
    shows: ClassVar[str] = "signals"

    def prepare(self) -> Split:
        """Read the signals; see `Source.prepare`."""
        needed = "it must name an .npz file, a .ts file, or a folder of CSV files"
        raw, raw_test = read_signals(local_path("data.path", self.path, needed))
        rate = self.rate or raw.rate or _RATE
        split = self._split_set(
            raw.where,
            signals_of(raw, rate),
            raw.labels,
            None if raw_test is None else signals_of(raw_test, rate),
            None if raw_test is None else raw_test.labels,
        )
        if not self.scale:
            return split
        assert isinstance(split.train, SignalSet)
        assert isinstance(split.test, SignalSet)
        minimum_and_span = scaling(split.train)
        scaled_train, scaled_test = (scaled(part, minimum_and_span) for part in (split.train, split.test))
        return Split(scaled_train, scaled_test, split.class_names)
