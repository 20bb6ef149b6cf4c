"""The command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from stdpbench.errors import StdpbenchError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; bad input ends with one sentence and status 2."""
    from stdpbench.cli.app import app

    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="stdpbench")
    except KeyboardInterrupt:
        sys.exit(130)
    except StdpbenchError as error:
        sys.stderr.write(f"stdpbench: {error}\n")
        sys.exit(2)
