"""Start the app: ``python -m stdpbench_gui``."""

import sys

from stdpbench_gui.app.startup import main

sys.exit(main(sys.argv))
