"""The desktop app. It draws but computes nothing; its process never imports brian2."""

from stdpbench_gui.app.startup import main

__all__ = ["main"]
