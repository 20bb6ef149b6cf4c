"""The app: it draws, and computes nothing. Its process never imports brian2."""

from stdpbench_gui.app.startup import main

__all__ = ["main"]
