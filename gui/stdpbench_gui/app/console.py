"""A Python console beside the app: IPython in a process of its own, with the run on display and the app's actions."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtGui import QAction, QColor, QTextCharFormat, QTextCursor, QTextDocument
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QPlainTextEdit

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.wire import Channel, Listener
from stdpbench_gui.look import theme
from stdpbench_gui.look.theme import Theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import named, wrapped
from stdpbench_gui.widgets.layouts import holding, vbox

_TICK_MS = 20


class AppServer(QObject):
    """Waits for the console to connect, and answers its questions; whoever does not know the key cannot ask.

    Parameters
    ----------
    answers : mapping of str to callable
        What can be asked: called in the main thread with the rest of the question. A `StdpbenchError` is the answer
        to what is not possible.
    parent : QObject
        Owner.
    """

    def __init__(self, answers: Mapping[str, Callable[[dict[str, Any]], Any]], parent: QObject) -> None:
        super().__init__(parent)
        self._answers = answers
        self._listener = Listener()
        self._channel: Channel | None = None
        threading.Thread(target=self._accept, name="console", daemon=True).start()
        self._timer = timer(self, self._look, _TICK_MS)
        self._timer.start()

    @property
    def invitation(self) -> dict[str, Any]:
        """How the console connects, as plain values."""
        return self._listener.invitation.to_mapping()

    def close(self) -> None:
        """End the connection, and stop listening."""
        self._timer.stop()
        self._listener.close()
        if self._channel is not None:
            self._channel.close()

    def _accept(self) -> None:
        with suppress(OSError):
            self._channel = self._listener.accept()

    def _look(self) -> None:
        if self._channel is None:
            return
        try:
            while (question := self._channel.receive(0.0)) is not None:
                self._channel.post(self._reply(*question))
        except (OSError, EOFError, StdpbenchError):  # the console has ended
            self.close()

    def _reply(self, number: int, what: str, more: dict[str, Any]) -> tuple[int, str, Any]:
        """Return the number of a question with an error, or with the answer."""
        try:
            return number, "", self._answers[what](more)
        except StdpbenchError as error:
            return number, str(error), None


_LEAST = 4.5
"""Smallest contrast of text (WCAG 2.1, success criterion 1.4.3)."""
_STEPS = 20


def style_sheet(theme: Theme) -> str:
    """Return the style sheet of qtconsole for a theme."""
    return (
        f"QPlainTextEdit, QTextEdit {{ background-color: {theme.base}; color: {theme.ink}; "
        f"selection-background-color: {theme.line}; }}\n"
        f".inverted {{ background-color: {theme.ink}; color: {theme.base}; }}\n"
        f".error {{ color: {theme.wrong}; }}\n"
        f".in-prompt, .in-prompt-number {{ color: {theme.accent}; }}\n"
        f".out-prompt, .out-prompt-number {{ color: {theme.wrong}; }}\n"
        ".in-prompt-number, .out-prompt-number { font-weight: bold; }\n"
    )


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.1)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(colour: QColor, base: QColor) -> QColor:
    """Return a colour of the same hue that can be read on a background."""
    hue, saturation, light = max(colour.hslHueF(), 0.0), colour.hslSaturationF(), colour.lightnessF()
    target, found = (1.0 if _luminance(base) < 0.2 else 0.0), colour
    for step in range(1, _STEPS + 1):
        if contrast(found, base) >= _LEAST:
            break
        found = QColor.fromHslF(hue, saturation, light + (target - light) * step / _STEPS)
    return found


def recolour(document: QTextDocument, base: QColor) -> None:
    """Give text that could hardly be read on a background a lighter or darker colour."""
    unreadable = []
    block = document.begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            brush = fragment.charFormat().foreground()
            if brush.style() != Qt.BrushStyle.NoBrush and contrast(brush.color(), base) < _LEAST:
                unreadable.append((fragment.position(), fragment.length(), brush.color()))
            fragments += 1
        block = block.next()
    if not unreadable:
        return
    document.setUndoRedoEnabled(False)  # undo is for what is typed
    cursor = QTextCursor(document)
    for start, length, colour in unreadable:
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        style = QTextCharFormat()
        style.setForeground(readable(colour, base))
        cursor.mergeCharFormat(style)
    document.setUndoRedoEnabled(True)


def _luminance(colour: QColor) -> float:
    """Return the relative luminance of a colour."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


_INSTALL: Final = "The console needs packages that are not installed: pip install 'stdpbench[console]'"
_STARTING: Final = "Starting Python … What you type here waits for it."
_ENDED: Final = "The process of the console has ended. Close the console and open it again to start another one."
_HEIGHT: Final = 220
_BANNER: Final = """\
A Python console in a separate process. run is the run on display, as stdpbench.open_run returns it;
app.actions() lists what the app can do, and app('pause') or app.pause() does it.
"""


class Console(QDockWidget):
    """The console; its process starts when it is first shown, and ends with the app.

    What is typed before the process has shown its first prompt is kept and put there.

    Parameters
    ----------
    window : QMainWindow
        The main window, below whose pages it opens.
    actions : Actions
        What can be done from it.
    session : RunSession
        Knows the run on display.
    open_path : callable
        Opens what is named, as if it was dropped.
    """

    def __init__(
        self, window: QMainWindow, actions: Actions, session: RunSession, open_path: Callable[[Path], object]
    ) -> None:
        super().__init__("Python console", window)
        self.setObjectName("console")
        self.setAccessibleName("Python console")
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self._actions, self._session, self._open_path = actions, session, open_path
        self.widget_: Any = None
        self._kernel: Kernel | None = None
        self._server: Any = None
        self._starting = self._placed = False
        self._window = window
        self._awaiting = timer(self, self._look_for_prompt, _TICK_MS)
        self.note, self.typed = wrapped(_STARTING, "faint"), named(QPlainTextEdit(), "Input that waits for Python")
        self.typed.setTabChangesFocus(True)
        self._waiting = holding(vbox(self.note, (self.typed, 1)))
        self.setWidget(self._waiting)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
        self.hide()
        actions.separator("&View")
        actions.add("console", "&View", "Python &console", self.toggle, "Ctrl+`", "IPython with the run on display")

    @property
    def is_ready(self) -> bool:
        """Whether it has shown a prompt, and one can type into it."""
        return self.widget() is self.widget_

    def toggle(self) -> None:
        """Show the console and start its process, or hide it; the process goes on."""
        if self.isVisible():
            self.hide()
            return
        self.show()
        self.raise_()
        if not self._placed:
            self._placed = True
            self._window.resizeDocks([self], [_HEIGHT], Qt.Orientation.Vertical)
        if not self._starting:
            self._starting = True
            self.note.setText(_STARTING)
            self.typed.show()
            self._session.work(_start_kernel, self._on_kernel, failed=self._give_up, owner=self)
        (self.widget_ if self.is_ready else self.typed).setFocus()

    def _give_up(self, reason: str) -> None:
        self._starting = False
        self.note.setText(reason if reason in (_INSTALL, _ENDED) else f"The console cannot start: {reason}.")
        self.typed.hide()

    def _on_kernel(self, kernel: Kernel) -> None:
        self._kernel = kernel
        answers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "actions": lambda _: {
                entry.action.objectName(): _text(entry.action)
                for entry in self._actions.everything()
                if entry.action.isEnabled()
            },
            "do": lambda asked: self._do(str(asked.get("name"))),
            "path": lambda _: None if self._session.folder is None else str(self._session.folder.path),
            "open": lambda asked: self._later(
                lambda: self._open_path(Path(str(asked["path"]))), f"opening {asked['path']}"
            ),
            "neuron": lambda _: None if self._session.selection.neuron < 0 else self._session.selection.neuron,
            "select": lambda asked: self._select(int(asked["neuron"])),
        }
        self._server = AppServer(answers, self)
        QTimer.singleShot(0, self._add_widget)  # each part in an event of its own, since each takes a moment

    def _add_widget(self) -> None:
        """Create the widget, then connect it with the process."""
        from qtconsole.rich_jupyter_widget import RichJupyterWidget

        shown = named(RichJupyterWidget(), "Python console")
        shown.banner = _BANNER
        shown.custom_interrupt = shown.custom_restart = True
        shown.custom_interrupt_requested.connect(self._interrupt)
        shown.custom_restart_kernel_died.connect(lambda _: self._look())
        QTimer.singleShot(0, lambda: self._connect(shown))

    def _connect(self, shown: Any) -> None:
        from qtconsole.client import QtKernelClient

        if self._kernel is None:  # the app is closing
            return
        client = QtKernelClient(connection_file=self._kernel.connection)
        client.load_connection_file()
        client.start_channels()
        shown.kernel_client = client
        self.widget_ = shown
        self.restyle()
        self._awaiting.start()
        begin = "from stdpbench_gui.session.console_proxy import begin"
        shown.execute(f"{begin}; begin({self._server.invitation!r}, globals())", hidden=True)

    def _look_for_prompt(self) -> None:
        """Show the console once it has a prompt, with what was typed meanwhile.

        No signal tells of the prompt: qtconsole lets other events through while it writes one.
        """
        shown = self.widget_
        if shown is not None and shown._control.isReadOnly():
            return
        self._awaiting.stop()
        if shown is not None:  # else the process has ended
            had_keys = self.typed.hasFocus()
            self.setWidget(shown)
            shown.input_buffer = self.typed.toPlainText()
            self.typed.clear()
            if had_keys:
                shown.setFocus()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if self.widget_ is not None:
            colours, shown = theme.current(), self.widget_
            shown.style_sheet = style_sheet(colours)
            shown.syntax_style = "monokai" if colours.dark else "default"  # of Pygments
            base, printed = QColor(colours.base), shown._ansi_processor
            printed.color_map.update(
                {number: readable(QColor(name), base).name() for number, name in printed.default_color_map.items()}
            )
            recolour(shown._control.document(), base)

    def _look(self) -> None:
        """Give up a process that has ended; one that does not answer for some seconds has only much to do."""
        if self._kernel is not None and self._kernel.process.poll() is not None:
            self.end()
            self._give_up(_ENDED)
            self.setWidget(self._waiting)
            self._waiting.show()

    def end(self) -> None:
        """End the process of the console."""
        if self.widget_ is not None:
            shown, self.widget_ = self.widget_, None
            shown.kernel_client.stop_channels()
            shown.deleteLater()
        if self._server is not None:
            self._server.close()
        if self._kernel is not None:
            kernel, self._kernel = self._kernel, None
            kernel.end()

    def _interrupt(self) -> None:
        """Interrupt what is being computed, as Ctrl+C in a terminal does."""
        client = self.widget_.kernel_client
        client.control_channel.send(client.session.msg("interrupt_request", content={}))

    def _known(self, name: str) -> QAction:
        known = {entry.action.objectName(): entry.action for entry in self._actions.everything()}
        if name not in known:
            raise StdpbenchError(f"the app has no action {name!r}; {suggestion(name, known)}")
        return known[name]

    def _do(self, name: str) -> str:
        action = self._known(name)
        if not action.isEnabled():
            raise StdpbenchError(f"“{_text(action)}” is not possible now")
        return self._later(action.trigger, f"asked for “{_text(action)}”")

    def _later(self, act: Callable[[], object], words: str) -> str:
        """Act once the answer is out: some actions open a window and wait for it."""
        QTimer.singleShot(0, lambda: act())
        return words

    def _select(self, neuron: int) -> str:
        selection = self._session.selection
        populations = {} if selection.graph is None else selection.graph.populations
        n = populations[selection.population].size if selection.population in populations else 0
        if not 0 <= neuron < n:
            raise StdpbenchError(f"there are neurons 0 to {n - 1}, not {neuron}" if n else "there is no network yet")
        selection.select_neuron(neuron)
        return f"neuron {neuron} is selected"


@dataclass(frozen=True)
class Kernel:
    """The process of a console.

    Attributes
    ----------
    process : Popen
        IPython's kernel.
    connection : str
        File that says how to reach it.
    folder : TemporaryDirectory
        Folder of this file.
    """

    process: subprocess.Popen[bytes]
    connection: str
    folder: tempfile.TemporaryDirectory[str]

    def end(self) -> None:
        """End it; it would also end by itself once the app is gone."""
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def _start_kernel() -> Kernel:
    """Import what the console needs, and start its process; in a thread, since both take a while."""
    os.environ.setdefault("QT_API", "pyqt6")
    try:
        import ipykernel  # noqa: F401 - runs in the process of the console
        import qtconsole.client
        import qtconsole.rich_jupyter_widget  # noqa: F401 - imported here, used in the main thread
        from jupyter_client.connect import write_connection_file
        from pygments.lexers import Python3Lexer
    except ImportError:
        raise StdpbenchError(_INSTALL) from None
    Python3Lexer()  # compiles its expressions, once for all lexers of the class
    folder = tempfile.TemporaryDirectory(prefix="stdpbench-console-", ignore_cleanup_errors=True)
    inside = Path(folder.name)  # which only this user may enter, unlike ports of this machine
    where: dict[str, Any] = {} if os.name == "nt" else {"transport": "ipc", "ip": str(inside / "channel")}
    connection, _ = write_connection_file(str(inside / "kernel.json"), **where)
    environment = {**os.environ, "JPY_PARENT_PID": str(os.getpid())}  # it ends when this process has ended
    command = [
        sys.executable,
        "-P",
        "-m",
        "ipykernel_launcher",
        "-f",
        connection,
        "--InteractiveShell.enable_tip=False",
    ]
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    return Kernel(subprocess.Popen(command, env=environment, start_new_session=True, **quiet), connection, folder)


def _text(action: Any) -> str:
    return str(action.text().replace("&", "").rstrip("…"))
