"""One's own spikes: recordings of events, each with a class."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import local_path
from stdpbench.data.datasets._event_files import read_csv, read_npz
from stdpbench.data.datasets._hdf5 import HDF5, read_hdf5
from stdpbench.data.datasets._own import HoldingOutStimuli, test_beside
from stdpbench.data.datasets._recordings import MOST_CHANNELS, RawRecordings
from stdpbench.data.datasets.base import Split
from stdpbench.declare.parameters import parameter


class Events(HoldingOutStimuli):
    """Spikes of your own, as of a silicon retina, a cochlea or electrodes: each recording is a stimulus.

    * An .npz file with the arrays ``index`` (channel, from 0), ``time`` (in s from the start of the recording) and
      ``first``: the first event of each recording, and optionally the number of all events at the end. Optional are
      ``label``, whole numbers or texts; ``duration`` in s, one for all or one per recording; ``grid``: (planes,)
      height, width; and a test part with the same names after ``test_``.
    * A CSV file with a line per event: recording, index, time, label. Without names of columns, this is their order.
    * An HDF5 file in the layout of SHD: ``spikes/times``, ``spikes/units``, ``labels`` and optionally ``extra/keys``.

    ``X_test`` beside ``X_train``, as CSV or HDF5, holds the test part. Times ascend within a recording. Where no
    duration is stated, a recording lasts to the next whole ms after its last event. Training recordings are mixed.
    """

    kind: Literal["events"] = "events"
    path: str | None = parameter(None, help="An .npz, .csv or .h5 file.")
    channels: int | None = parameter(
        None,
        ge=1,
        le=MOST_CHANNELS,
        structural=True,
        help="Number of channels; none: the grid of the file, else up to the last channel that has an event.",
    )

    summary: ClassVar[str] = "Your own spikes: .npz, CSV or HDF5"
    reference: ClassVar[str] = "–"
    shows: ClassVar[str] = "events"

    def prepare(self) -> Split:
        """Read the recordings; see `Source.prepare`."""
        if not self.path:
            raise StdpbenchError("data.path is missing; it must name an .npz, .csv or .h5 file")
        train, test = _read(local_path("data.path", self.path))
        parts = [part for part in (train, test) if part is not None]
        grid = train.grid
        if self.channels is not None:
            if grid is not None and self.channels != grid[0] * grid[1] * grid[2]:
                raise StdpbenchError(
                    f"data.channels = {self.channels}, but the grid of {train.where} has {'×'.join(map(str, grid))}"
                )
            grid = grid or (1, 1, self.channels)
        grid = grid or (1, 1, max(1, *(part.n_channels for part in parts)))
        return self._split_set(
            train.where,
            train.stimuli(grid),
            train.labels,
            None if test is None else test.stimuli(grid),
            None if test is None else test.labels,
        )


def _read(path: Path) -> tuple[RawRecordings, RawRecordings | None]:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path)
    if suffix not in (".csv", ".txt", *HDF5):
        raise StdpbenchError(f"{path} holds no events that can be read; choose an .npz, .csv or .h5 file")
    read = read_hdf5 if suffix in HDF5 else read_csv
    test = test_beside(path)
    return read(path), None if test is None else read(test)
