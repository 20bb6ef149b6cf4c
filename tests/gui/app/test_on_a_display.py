"""The tests marked `display`, repeated on a virtual X display if Xvfb is installed.

Qt's offscreen platform knows no X server, no real shortcuts and no clipboard; what works there may fail on a desktop.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stdpbench.engine.doctor import display

_STARTS = 30.0  # s


@pytest.fixture
def x_display() -> Iterator[str]:
    """Name of a separate display; the server picks a free one and reports it."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("there is no Xvfb here (Debian and Ubuntu: sudo apt install xvfb)")
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(
        command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    try:
        ready, _, _ = select.select([reading], [], [], _STARTS)
        number = os.read(reading, 16).decode().strip() if ready else ""
        if not number:
            process.kill()
            pytest.skip(f"Xvfb does not start: {(process.communicate()[1] or 'it says nothing').splitlines()[-1]}")
        yield f":{number}"
    finally:
        os.close(reading)
        process.terminate()
        process.communicate()


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is no X display there")
def test_the_window_works_on_an_x_display(x_display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", x_display)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    found = display()
    if found.state != "ok":
        pytest.skip(f"the display is {found.detail}: {found.fix}")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-m", "display", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command.append(str(Path(__file__).parents[1]))
    done = subprocess.run(command, env=inherited, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) >= 6, done.stdout[-2000:]
    assert "on xcb" in done.stdout
