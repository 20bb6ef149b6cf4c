"""The state of this machine: what the check has found, with the button or the command that helps."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QPushButton, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.session.machine import DATA_SETS, Machine
from stdpbench_gui.widgets.basic import Dialog, named, not_none, push_button, scrolling, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, TOP, Item, hbox, holding, vbox


class MachineDialog(Dialog):
    """Lists what the check of this machine has found, and follows when it is checked again.

    Attributes
    ----------
    data_wanted : signal of (str, str)
        Name of a data set, and how to get it: ``"download"``, ``"folder"``, or empty to ask.
    """

    data_wanted = pyqtSignal(str, str)

    def __init__(self, machine: Machine, parent: QWidget) -> None:
        super().__init__("This machine", parent)
        self._machine = machine
        self._layout = vbox(within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        again = push_button("Check again", clicked=lambda _=False: machine.check())
        self._layout.addWidget(scrolling(QWidget()), 1)
        self._layout.addLayout(hbox(again, STRETCH, push_button("Close", clicked=self.close)))
        machine.changed.connect(self.show_findings)
        self.show_findings()
        self.resize(600, 400)

    def show_findings(self) -> None:
        """Show the newest findings: problems first."""
        findings = self._machine.findings
        layout = vbox(margins=theme.GRID, spacing=theme.GRID)
        if not findings:
            layout.addWidget(wrapped("Checking…", "faint"))
        for finding in findings:
            if finding.state != "ok":
                layout.addLayout(self._fault(finding))
        fine = [finding for finding in findings if finding.state == "ok"]
        if fine:
            words = f"✓  OK: {', '.join(DATA_SETS.get(each.name, each.name) for each in fine)}."
            tip = "\n".join(f"{each.name}: {each.detail}" for each in fine)
            layout.addWidget(named(wrapped(words, "faint"), tip=tip))
        layout.addStretch(1)
        before = not_none(self._layout.itemAt(0)).widget()
        self._layout.replaceWidget(before, scrolling(holding(layout)))
        not_none(before).deleteLater()

    def _fault(self, finding: Any) -> Any:
        """Return a problem with the button or the command that helps."""
        words, data = DATA_SETS.get(finding.name, finding.name), finding.name in DATA_SETS
        if data and finding.state != "fault":
            return hbox((wrapped(f"·  {words} is not installed."), 1), self._getter(finding.name, f"Get {words}…"))
        mark = "✗" if finding.state == "fault" else "!"
        parts: tuple[Item, ...] = ()
        if data:
            parts = self._getter(finding.name, f"Get {words} again…"), STRETCH
        elif finding.fix:
            command = named(wrapped(finding.fix), f"Fix for {finding.name}")
            command.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            clipboard = not_none(QGuiApplication.clipboard())
            name, copy = f"Copy the fix for {finding.name}", lambda _=False: clipboard.setText(finding.fix)
            parts = (command, 1), (push_button("Copy", clicked=copy, name=name), 0, TOP)
        return vbox(wrapped(f"{mark}  {words}: {finding.detail}"), hbox(*parts, margins=(2 * theme.GRID, 0, 0, 0)))

    def _getter(self, name: str, text: str) -> QPushButton:
        return push_button(text, clicked=lambda _=False: self.data_wanted.emit(name, ""))
