"""The main window, its startup and its services."""

from stdpbench_gui.app.startup import main

__all__ = ["main"]
