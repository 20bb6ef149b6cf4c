"""A form for the parameters of data, such as the preparation of pictures, built from their declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from stdpbench.data.datasets import STEPS, Source
from stdpbench.declare.parameters import Parameter, build
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import CheckBox, Label, named

_SHOWN = ("bool", "int", "float")


class StepsForm(QWidget):
    """Fields for the switches and numbers among the declared parameters of a data set."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.GRID)
        self.fields: dict[str, QWidget] = {}
        self._read: dict[str, Callable[[], Any]] = {}
        self._dataset: Source | None = None

    def show_dataset(self, dataset: Source) -> None:
        """Show the values of a data set."""
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self.fields.clear()
        self._read.clear()
        self._dataset = dataset
        declared = [p for p in dataset.describe() if p.type in _SHOWN and not p.choices]
        for parameter in sorted(declared, key=lambda p: p.name not in STEPS):
            self._add(parameter, getattr(dataset, parameter.name))

    def dataset(self) -> Source:
        """Return the data set with the values of the form.

        Raises
        ------
        StdpbenchError
            If the values are inconsistent.
        """
        assert self._dataset is not None
        values = {name: read() for name, read in self._read.items()}
        return build(type(self._dataset), self._dataset.model_dump() | values, "data")

    def _add(self, parameter: Parameter, value: Any) -> None:
        words = parameter.name.replace("_", " ")
        field: QWidget
        if parameter.type == "bool":
            box = CheckBox()
            box.setChecked(bool(value))
            box.toggled.connect(lambda _: self.changed.emit())
            self._read[parameter.name] = box.isChecked
            field = box
        else:
            field = self._number(parameter, value)
        field.setToolTip(parameter.help)
        field.setAccessibleName(words)
        field.setAccessibleDescription(parameter.help)
        label = named(Label(words), tip=parameter.help)
        label.setBuddy(field)
        self.fields[parameter.name] = field
        self._layout.addRow(label, field)

    def _number(self, parameter: Parameter, value: Any) -> QWidget:
        optional = parameter.default is None
        whole = parameter.type == "int"
        spin = QSpinBox() if whole else QDoubleSpinBox()
        low, high = parameter.minimum or 0, parameter.maximum
        top = 2_000_000_000 if high is None or high > 2_000_000_000 else high
        if isinstance(spin, QSpinBox):
            first = int(low) - 1 if optional else int(low)
            spin.setRange(first, int(top))
            spin.setValue(first if value is None else int(value))
        else:
            spin.setDecimals(0 if optional else 2)
            spin.setRange(0.0 if optional else 0.01, float(top) if high is None else float(top) - 0.01)
            spin.setSingleStep(1000 if optional else 0.05)
            spin.setValue(0.0 if value is None else float(value))
        if optional:
            spin.setSpecialValueText("one sixth" if parameter.name == "validation_images" else "unchanged")
        if parameter.name in ("resize", "frame"):
            spin.setSuffix(" pixels")
        spin.setKeyboardTracking(False)
        spin.valueChanged.connect(lambda _: self.changed.emit())
        self._read[parameter.name] = lambda: None if optional and spin.value() == spin.minimum() else spin.value()
        return spin
