"""The user's own pictures: choose or drop them, preview their preparation, and make an experiment from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Dataset
from stdpbench.data.datasets.recognition import STIMULI, dataset_at, is_idx, stimuli_at
from stdpbench.runs.catalog.forecast import Size
from stdpbench.runs.folder.run_folder import looks_like_run
from stdpbench.runs.preparation.own_data import (
    DataPreview,
    PictureReader,
    PicturesNetwork,
    experiment_name,
    experiment_on,
    suggest_steps,
)
from stdpbench_gui.dialogs.own_dialog import OwnDialog
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import wrapped
from stdpbench_gui.widgets.layouts import vbox

_CELL = 52
_PATTERNS = "Data (*.npz *ubyte *ubyte.gz *.idx *.gz *.csv *.ts *.h5 *.hdf5)"


class Thumbnails(QWidget):
    """Pictures in a grid, with the names of their classes below them."""

    columns = 8

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._pictures: list[QPixmap] = []
        self._names: tuple[str, ...] = ()

    def show_pictures(self, pixels: NDArray[Any], names: tuple[str, ...], *, white: float = 255.0) -> None:
        """Show grey or RGB pictures, (n, height, width) or (n, height, width, 3); the value `white` is drawn white."""
        brightest = white or 255.0
        scaled = np.ascontiguousarray(np.clip(pixels.astype(np.float32) * (255 / brightest), 0, 255).astype(np.uint8))
        self._pictures = [QPixmap.fromImage(image_of(picture)) for picture in scaled]
        self._names = names
        text = ", ".join(name for name in dict.fromkeys(names) if name)
        self.setAccessibleDescription(f"{len(self._pictures)} pictures{f' of {text}' if text else ''}")
        self.updateGeometry()
        self.update()

    def clear(self) -> None:
        """Remove all pictures."""
        self._pictures = []
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of three rows, whatever is shown."""
        return QSize(self.columns * (_CELL + theme.GRID), 3 * self._row())

    def _row(self) -> int:
        return _CELL + self.fontMetrics().height() + theme.GRID // 2

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the grid."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        colours = theme.current()
        if not self._pictures:
            painter.setPen(QColor(colours.faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Pictures appear here.")
            return
        metrics = self.fontMetrics()
        for number, picture in enumerate(self._pictures):
            left, top = (number % self.columns) * (_CELL + theme.GRID), (number // self.columns) * self._row()
            size = picture.size().scaled(_CELL, _CELL, Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(left + (_CELL - size.width()) // 2, top, size.width(), size.height())
            painter.drawPixmap(place, picture)
            painter.setPen(QColor(colours.line))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
            name = self._names[number] if number < len(self._names) else ""
            painter.setPen(QColor(colours.faint))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _CELL)
            painter.drawText(QRect(left, top + _CELL, _CELL, metrics.height()), Qt.AlignmentFlag.AlignHCenter, text)


def image_of(picture: NDArray[np.uint8]) -> QImage:
    """Convert a picture, uint8, (height, width) or (height, width, 3), to a Qt image."""
    height, width = picture.shape[:2]
    kind = QImage.Format.Format_RGB888 if picture.ndim == 3 else QImage.Format.Format_Grayscale8
    data = np.ascontiguousarray(picture)
    return QImage(data.tobytes(), width, height, data.strides[0], kind).copy()


def is_own_data(path: Path) -> bool:
    """Return whether a path is data: pictures, signals, events or a table; any folder that is not a run."""
    if path.is_dir():
        return not looks_like_run(path)
    suffix = path.suffix.lower()
    return path.is_file() and (suffix in (".npz", *STIMULI) or (suffix != ".toml" and is_idx(path)))


class OwnDataDialog(OwnDialog):
    """Makes an experiment from pictures.

    Attributes
    ----------
    raw, ready : Thumbnails
        Pictures before and after preparation.
    """

    def __init__(
        self, session: RunSession, runs: Path, parent: QWidget | None = None, path: Path | None = None
    ) -> None:
        super().__init__(session, runs, "Your own pictures", parent, patterns=_PATTERNS)
        self._reader = PictureReader()
        self._look: tuple[Dataset, DataPreview] | None = None
        self.place.setPlaceholderText("Choose pictures, or drop them here")
        self.place.setAccessibleName("Location of the pictures")
        self.folder_button.setToolTip("A folder of PNG or JPEG pictures with one subfolder per class")
        self.file_button.setToolTip("An npz file or an IDX file; labels in the same folder are found automatically")
        self.status.setText(
            "A folder of PNG or JPEG pictures (one subfolder per class; without subfolders there are no labels), an "
            "npz file with an array named images, or IDX files like those of MNIST. Or signals, events and tables: "
            ".npz, .csv, .ts and .h5 files, and folders of them."
        )
        self.raw = Thumbnails("Original pictures")
        self.ready = Thumbnails("Pictures as the network sees them")
        pictures = vbox(wrapped("Original", "cardtitle"), self.raw, spacing=theme.GRID)
        pictures.addSpacing(theme.GRID)
        pictures.addWidget(wrapped("As the network sees them", "cardtitle"))
        pictures.addWidget(self.ready)
        pictures.addStretch(1)
        self._lay_out(pictures, (1, 0))
        self.resize(980, 640)
        if path is not None:
            self.take(path)

    def take(self, path: Path) -> None:
        """Preview a file or folder with suggested preparation; of other data, leave that to the dialog for them."""
        if stimuli_at(path) is not None:
            self.other_wanted.emit(path)
            self.reject()
            return
        self._show_path(path)

        def read() -> tuple[Dataset, DataPreview]:
            dataset = suggest_steps(dataset_at(path), self._reader)
            return dataset, self._reader.preview(dataset)

        def done(look: tuple[Dataset, DataPreview]) -> None:
            self._suggest(look[0], PicturesNetwork(name=experiment_name(path)))
            self._show_look(look)

        def fail(reason: str) -> None:
            self.status.setText("The pictures could not be read.")
            self.raw.clear()
            self._fail(reason)

        self._work(read, done, fail)

    def set_value(self, path: str, value: Any) -> None:
        """Change a setting; another base brings its number of neurons with it."""
        if path == "network.based_on":
            self.form.revert("network.n_exc")
            n_exc = int(str(value).rpartition("-")[2])
            self._parts["network"] = self._parts["network"].model_copy(update={"n_exc": n_exc})
        super().set_value(path, value)

    def _refresh(self) -> None:
        """Prepare the pictures anew, unless only the network is another one."""
        dataset = self._parts["data"]
        assert isinstance(dataset, Dataset)
        if self._look is not None and self._look[0] == dataset:
            self._show_look(self._look)
        else:
            self._forget()
            self._work(lambda: (dataset, self._reader.preview(dataset)), self._show_look, self._fail)

    def _fail(self, reason: str) -> None:
        self.ready.clear()
        self._look = None
        super()._fail(reason)

    def _show_look(self, look: tuple[Dataset, DataPreview]) -> None:
        """Show pictures, and make the experiment on them."""
        self._look = look
        dataset, pictures = look
        split, network = pictures.split, self._parts["network"]
        assert isinstance(network, PicturesNetwork)
        self.status.setText(pictures.sentence)
        self.raw.show_pictures(pictures.raw, pictures.classes)
        self.ready.show_pictures(pictures.ready, pictures.classes, white=float(pictures.ready.max(initial=0)))
        try:
            made = experiment_on(dataset, pictures, network.based_on, network.n_exc, network.name)
        except StdpbenchError as error:
            super()._fail(str(error))
        else:
            self._show_experiment(made, plan=self._plan(made, split.train.n_values, len(split.train)))
            self.time.show_for(made, Size.of(split))
