"""Sweeps: many runs that are compared, arm by arm and seed by seed.

::

    file ─read─▶ Sweep ─arms─▶ jobs ─begin─▶ Workplace (this machine, or a Dask cluster)
                                                │ ended
                 table, figure ◀─report─ SweepState ◀┘

A `Sweep` is a frozen value. Its arms are settings; an arm with a seed is a job, identified by the digest of everything
that its result depends on. A workplace runs jobs and keeps no record; the `SweepState` records the result of each job
once, so that a stopped sweep can be continued. The report depends on sweep and state alone.
"""

from stdpbench.studies.sweeps.carry_out import carry_out
from stdpbench.studies.sweeps.definition import Sweep
from stdpbench.studies.sweeps.reading import read_sweep, shipped_sweeps
from stdpbench.studies.sweeps.report import Report, make_report, write_report
from stdpbench.studies.sweeps.state import SweepState

__all__ = [
    "Report",
    "Sweep",
    "SweepState",
    "carry_out",
    "make_report",
    "read_sweep",
    "shipped_sweeps",
    "write_report",
]
