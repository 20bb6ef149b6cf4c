"""Start the app: ``python -m stdpbench_gui``."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):  # noqa: PTH100, PTH120
    del sys.path[0]  # the current folder: its files are not modules of this program

from stdpbench_gui.app.startup import main

sys.exit(main(sys.argv))
