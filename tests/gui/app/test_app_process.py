"""The process of the app: startup, and its error messages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stdpbench.runs.folder.run_folder import RunFolder


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a separate process, since Qt can be started only once per process."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_gui_opens_a_run_and_ends_when_the_window_is_closed_without_brian2(
    finished_run: RunFolder, tmp_path: Path
) -> None:
    done = run(
        "import signal, sys\n"
        "from PyQt6.QtCore import QTimer\n"
        "from stdpbench.cli import main\n"
        "from stdpbench_gui.app.window import MainWindow\n"
        "shown = []\n"
        "def show(self):\n"
        "    shown.append(self)\n"
        "    super(MainWindow, self).show()\n"
        "    self.session.pictures_ready.connect(lambda: QTimer.singleShot(500, finish))\n"
        "def finish():\n"
        "    window = shown[0]\n"
        "    for page in window.page_names:\n"
        "        window.go_to(page)\n"
        "    window.go_to('train')\n"
        "    for panel in window.train.panels.values():\n"
        "        panel.show()\n"
        "        panel.raise_()\n"
        "        panel.draw_if_needed()\n"
        "    window.services.draw()\n"
        "    QTimer.singleShot(500, window.actions_['quit'].trigger)\n"
        "MainWindow.show = show\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "try:\n"
        f"    main(['gui', {finished_run.path.name!r}, '--runs', {str(finished_run.path.parent)!r}])\n"
        "except SystemExit as end:\n"
        "    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN\n"
        "    print(end.code, len(shown), shown[0].runs, *sorted({'brian2', 'matplotlib'} & set(sys.modules)))\n",
        QT_QPA_PLATFORM="offscreen",
        STDPBENCH_RUNS=str(tmp_path),
        XDG_CONFIG_HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"0 1 {finished_run.path.parent}\n", done.stderr


MAIN = "import sys, stdpbench_gui; sys.exit(stdpbench_gui.main({}))"
ALWAYS = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a display")
BOX = pytest.mark.skipif(sys.platform == "win32", reason="Qt shows a message box there")


@pytest.mark.parametrize(
    ("code", "platform", "sentence"),
    [
        pytest.param(
            MAIN.format(["stdpbench"]), {}, "neither WAYLAND_DISPLAY nor DISPLAY is set", marks=ALWAYS, id="no display"
        ),
        pytest.param(
            MAIN.format([]),
            {"QT_QPA_PLATFORM": "nonsense"},
            r"\AThe app cannot start: Qt cannot open a window",
            marks=BOX,
            id="Qt aborts",
        ),
        pytest.param(
            "import sys; sys.modules['PyQt6.QtWidgets'] = None; " + MAIN.format(["stdpbench"]),
            {"QT_QPA_PLATFORM": "offscreen"},
            r"\AThe app cannot start: cannot load Qt.*stdpbench doctor",
            id="broken Qt",
        ),
    ],
)
def test_what_keeps_the_app_from_starting_is_one_sentence(code: str, platform: dict[str, str], sentence: str) -> None:
    done = run(code, **platform)
    assert done.returncode == 1
    assert re.search(sentence, done.stderr)
    assert done.stderr.count("\n") == 1
