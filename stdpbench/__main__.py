"""``python -m stdpbench``: the command line."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):  # noqa: PTH100, PTH120
    del sys.path[0]  # the current folder: its files are not modules of this program

from stdpbench.cli import main

if __name__ == "__main__":
    main()
