"""Runs from Python: start them, reach into them, look at them; in a script, at a prompt or in a notebook.

A `Run` is a handle. The network lives in a process of its own, which goes on when the session that started it ends;
a thread of this session keeps what is known of it fresh. `docs/python.md` is the guide.
"""

from stdpbench.api.collection import Runs, runs
from stdpbench.api.run import Run, open_run, start
from stdpbench.api.tables import Change, Entry

__all__ = ["Change", "Entry", "Run", "Runs", "open_run", "runs", "start"]
