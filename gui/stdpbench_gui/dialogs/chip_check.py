"""Whether the network of a run fits neuromorphic chips: each comparison with its source, to be read and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from stdpbench.bridges.hardware import ChipCheck
from stdpbench.bridges.hardware.check import activity_rows, energy_sentence, plain_text, verdict_text
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Dialog, named, not_none, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

_HEADINGS = ("what", "where", "network", "chip", "verdict")
_WIDTHS = (26, 10, 0, 0, 12)
"""Widths of the columns in letters; columns with 0 share the remaining width."""
_SOURCE = Qt.ItemDataRole.UserRole


class ChipCheckDialog(Dialog):
    """A table of chips: what each compares, the verdict, and the source of the chip's figure.

    Parameters
    ----------
    name : str
        Name of the run.
    checks : sequence of ChipCheck
        A check for each chip.
    parent : QWidget
        Parent of the dialog.

    Attributes
    ----------
    tree : QTreeWidget
        The chips, and the comparisons below each.
    source : QLabel
        The source of the chosen row.
    """

    def __init__(self, name: str, checks: Sequence[ChipCheck], parent: QWidget | None) -> None:
        super().__init__(f"Chip check of {name}", parent)
        self._text = plain_text(checks, name)
        fit = [check.target.title for check in checks if check.fits]
        summary = f"The network fits {', '.join(fit)}." if fit else "The network fits none of these chips as it is."
        self.tree = named(QTreeWidget(), "Chips", style="rows")
        self.tree.setAccessibleDescription(summary)
        self.tree.setHeaderLabels(_HEADINGS)
        self.tree.setUniformRowHeights(True)
        header = not_none(self.tree.header())
        header.setStretchLastSection(False)
        letter = self.fontMetrics().horizontalAdvance("n")
        for column, letters in enumerate(_WIDTHS):
            self.tree.setColumnWidth(column, letters * letter)
            if not letters:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        if checks:
            self._add_activity(checks[0])
        for check in checks:
            self._add(check)
        self.source = wrapped("", "faint", name="Source of the chosen row", align=Qt.AlignmentFlag.AlignTop)
        self.source.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.source.setMinimumHeight(4 * self.fontMetrics().lineSpacing())
        self.copy_button = push_button("Copy as text", clicked=lambda _: self.copy())
        close = push_button("Close", clicked=self.reject)
        vbox(
            wrapped(summary, "cardtitle"),
            (self.tree, 1),
            self.source,
            hbox(STRETCH, self.copy_button, close),
            within=self,
            margins=2 * theme.GRID,
            spacing=theme.GRID,
        )
        self.tree.currentItemChanged.connect(
            lambda item, _: self.source.setText("" if item is None else str(item.data(0, _SOURCE) or ""))
        )
        self.tree.setCurrentItem(self.tree.topLevelItem(1) or self.tree.topLevelItem(0))
        self.resize(1000, 640)

    def _add_activity(self, check: ChipCheck) -> None:
        top = QTreeWidgetItem(["per stimulus"])
        for what, mean, measured in activity_rows(check):
            item = QTreeWidgetItem([what, "", mean])
            item.setData(0, _SOURCE, measured)
            top.addChild(item)
        self.tree.addTopLevelItem(top)

    def _add(self, check: ChipCheck) -> None:
        top = QTreeWidgetItem([verdict_text(check)])
        top.setData(0, _SOURCE, " ".join(check.remarks))
        font = theme.font_of(self, bold=True)
        for row in check.rows:
            item = QTreeWidgetItem([row.what, row.where, row.value, row.limit, row.verdict])
            item.setData(0, _SOURCE, f"{row.what}: {row.value}; the chip: {row.limit}. Source: {row.source}")
            if row.verdict == "does not fit":
                for column in range(len(_HEADINGS)):
                    item.setFont(column, font)
            top.addChild(item)
        for energy in check.energies:
            item = QTreeWidgetItem([energy_sentence(energy)])
            item.setData(0, _SOURCE, f"{energy_sentence(energy)}. Source: {energy.source}")
            top.addChild(item)
        self.tree.addTopLevelItem(top)
        for place in range(len(check.rows), top.childCount()):
            not_none(top.child(place)).setFirstColumnSpanned(True)
        top.setFirstColumnSpanned(True)
        top.setExpanded(True)
        for place in range(top.childCount()):
            child = not_none(top.child(place))
            for column in range(len(_HEADINGS)):
                child.setToolTip(column, f"{child.text(column)}\n{child.data(0, _SOURCE)}".strip())

    def copy(self) -> None:
        """Copy all chips as text, with the sources."""
        not_none(QGuiApplication.clipboard()).setText(self._text)
