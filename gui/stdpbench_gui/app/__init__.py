"""The window, its start and what it remembers."""

from stdpbench_gui.app.startup import main

__all__ = ["main"]
