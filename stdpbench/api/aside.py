"""Commands that run a network, carried out in another process: a session imports no simulator."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.process_end import why_ended


def command_result(*words: str) -> dict[str, Any]:
    """Carry out a command of stdpbench with ``--json``, and return what it prints.

    Raises
    ------
    StdpbenchError
        If it fails, with its reason.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "stdpbench", *words, "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise StdpbenchError(why_ended(done.returncode, done.stderr))
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
