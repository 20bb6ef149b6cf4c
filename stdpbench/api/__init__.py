"""The Python interface to runs: start, control and inspect them in a script, at a prompt or in a notebook.

A `Run` is a handle. The network runs in a separate process, which continues when the session that started it ends. A
thread of the session keeps the known state of the run up to date. `docs/python.md` is the guide.
"""

from stdpbench.api.handles import Runs, open_run, reference, runs, start
from stdpbench.api.plots import stimulus_figure, stimulus_numbers
from stdpbench.api.run import Run
from stdpbench.api.tables import Entry
from stdpbench.runs.catalog.comparison import Change

__all__ = [
    "Change",
    "Entry",
    "Run",
    "Runs",
    "open_run",
    "reference",
    "runs",
    "start",
    "stimulus_figure",
    "stimulus_numbers",
]
