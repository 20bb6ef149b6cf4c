"""The Spiking Heidelberg Digits: spoken digits as spikes of an artificial cochlea."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import data_set_folder, number_classes
from stdpbench.data.datasets._hdf5 import read_hdf5
from stdpbench.data.datasets._holding_out import shuffled_order
from stdpbench.data.datasets.base import Source, Split
from stdpbench.data.stimuli import EventSet
from stdpbench.declare.parameters import parameter

FILES = ("shd_train.h5", "shd_test.h5")
CHANNELS = 700


class SHD(Source):
    """Spoken digits in German and English, 20 classes: spikes in 700 channels of an artificial cochlea.

    About 8000 recordings for training and 2000 for the test, of which two speakers are in no training recording. They
    are not downloaded: get ``shd_train.h5.gz`` and ``shd_test.h5.gz`` from compneuro.net or zenkelab.org, unpack them,
    and import them with ``stdpbench data fetch shd --from FOLDER``. Recordings last up to 1.4 s, so
    ``schedule.stimulus`` should be as long. The training recordings are shuffled, the same way in all versions.

    Source: Cramer, Stradmann, Schemmel & Zenke (2022), IEEE TNNLS 33:2744-2757; licence CC BY 4.0.
    """

    kind: Literal["shd"] = "shd"
    path: str | None = parameter(
        None, help="Folder with shd_train.h5 and shd_test.h5; none: where `stdpbench data fetch` puts them."
    )

    summary: ClassVar[str] = "Spoken digits in two languages as spikes of a cochlea, 700 channels; imported"
    reference: ClassVar[str] = "Cramer et al. 2022, doi:10.1109/TNNLS.2020.3044364"
    shows: ClassVar[str] = "events"

    def prepare(self) -> Split:
        """Read the two files; see `Source.prepare`."""
        folder = data_set_folder(
            "shd",
            self.path,
            lambda folder: all((folder / name).is_file() for name in FILES),
            f"{FILES[0]} and {FILES[1]}",
            "get them from compneuro.net, and import them with `stdpbench data fetch shd --from FOLDER`",
        )
        (train, train_labels), (test, test_labels) = (read_shd(folder / name) for name in FILES)
        numbers, test_numbers, names = number_classes(train_labels, test_labels, "the Spiking Heidelberg Digits")
        train, test = train.of_arrays(train.arrays, numbers), test.of_arrays(test.arrays, test_numbers)
        return Split(train.chosen(shuffled_order(len(train), 0)), test, names)


def read_shd(path: Path) -> tuple[EventSet, NDArray[np.int64]]:
    """Read the recordings of one file of SHD, and their labels as written.

    Raises
    ------
    StdpbenchError
        If the file is damaged, is not in the layout of SHD, or has no labels.
    """
    raw = read_hdf5(path, sort=True)
    if raw.labels is None:
        raise StdpbenchError(f"{path} has no labels; it must be a file of the Spiking Heidelberg Digits")
    return raw.stimuli((1, 1, CHANNELS)), raw.labels
