"""Rows of a table as stimuli: classical tables of scikit-learn, or the user's own CSV file."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import local_path, number_classes
from stdpbench.data.datasets._csv import class_cells, read_cells
from stdpbench.data.datasets._holding_out import HoldingOutStimuli
from stdpbench.data.datasets.base import Split
from stdpbench.data.stimuli import Images
from stdpbench.declare.parameters import parameter

_LARGEST = 1e100


class Tabular(HoldingOutStimuli):
    """Rows of numbers, each with a class: pictures of one line, with one value per feature.

    Each feature is scaled to 0 .. 255 between its minimum and maximum over the training rows; values of test rows
    beyond these are clipped, and a constant feature is 0. The encoder `population` is meant for such values.

    Tables are those of scikit-learn (Iris: 150 rows, 4 features, 3 classes; Wine: 178, 13, 3; Breast cancer: 569, 30,
    2), or a CSV file: a line per row, cells separated by commas, semicolons or tabs, with or without a header
    line. Classes are whole numbers or texts, in the last column or in the one that `label` names. The same share of
    each class is held out, and the training rows are shuffled.
    """

    kind: Literal["tabular"] = "tabular"
    table: Literal["iris", "wine", "breast-cancer"] = parameter("iris", help="Table of scikit-learn.")
    path: str | None = parameter(None, files="*.csv", help="CSV file to read instead of `table`; none: `table`.")
    label: str | None = parameter(None, help="Name of the column of the CSV file with the class; none: the last one.")

    summary: ClassVar[str] = "Rows of a table: Iris, Wine, Breast cancer, or your own CSV file"
    reference: ClassVar[str] = "https://scikit-learn.org/stable/datasets/toy_dataset.html"

    def prepare(self) -> Split:
        """Read the rows and scale their features: float32, (n, 1, n_features); see `Source.prepare`."""
        where, values, labels, names = self._read()
        kept, held = self._kept(where, len(values), labels)
        if np.abs(values).max() > _LARGEST:
            raise StdpbenchError(f"{where} holds numbers beyond {_LARGEST:g}, too large to be scaled")
        low, high = values[kept].min(axis=0), values[kept].max(axis=0)
        span = high - low
        varied = span > 0
        scaled = np.where(varied, (values - low) / np.where(varied, span, 1.0), 0.0)
        pixels = (np.clip(scaled, 0.0, 1.0) * 255).astype(np.float32)[:, None, :]
        rows = Images(pixels, labels)
        return Split(rows.chosen(kept), rows.chosen(held), names)

    def _read(self) -> tuple[str, NDArray[np.float64], NDArray[np.int64], tuple[str, ...]]:
        """Return the origin of the rows, features, float64, (n, n_features), classes and their names."""
        if self.path is None:
            if self.label is not None:
                raise StdpbenchError("data.label names a column of a CSV file; it needs data.path")
            return f"the table {self.table}", *_of_sklearn(self.table)
        cells = read_cells(local_path("data.path", self.path), texts=(-1,) if self.label is None else ())
        column = cells.width - 1
        if self.label is not None:
            if self.label not in cells.names:
                hint = f"its columns are {', '.join(cells.names)}" if cells.names else "it has no header line"
                raise StdpbenchError(f"{cells.path} has no column {self.label!r} (data.label); {hint}")
            column = cells.names.index(self.label)
        if cells.width < 2:
            raise StdpbenchError(f"{cells.path} has one column; it must have features and a class")
        values = cells.numbers([number for number in range(cells.width) if number != column])
        where = f"{cells.path}: the column of classes"
        classes, _, names = number_classes(class_cells(where, cells.column(column)), None, where)
        assert classes is not None
        return str(cells.path), values, classes, names


def _of_sklearn(table: str) -> tuple[NDArray[np.float64], NDArray[np.int64], tuple[str, ...]]:
    """Return features, classes and their names of a table; importing scikit-learn takes a second."""
    from sklearn import datasets as tables

    load = {"iris": tables.load_iris, "wine": tables.load_wine, "breast-cancer": tables.load_breast_cancer}
    bunch: Any = load[table]()
    names = tuple(str(name) for name in bunch.target_names)
    return bunch.data.astype(np.float64), bunch.target.astype(np.int64), names
