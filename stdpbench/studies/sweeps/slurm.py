"""Dask workers as jobs of Slurm, by dask-jobqueue: a scheduler in this process, and a job per worker.

Every worker has one processor and executes one run at a time. Partition, account, time limit and the like are those of
dask-jobqueue's configuration (``~/.config/dask/jobqueue.yaml``), the section ``jobqueue.slurm``.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from importlib import import_module
from typing import Any

from stdpbench.base.errors import StdpbenchError

_DEFAULTS = {"cores": 1, "processes": 1, "memory": "4 GiB"}
"""Resources of a job where the configuration has none."""


class SlurmWorkers:
    """Jobs of Slurm that execute runs while this object is open.

    Parameters
    ----------
    jobs : int
        Number of jobs, each with one worker.

    Raises
    ------
    StdpbenchError
        If dask-jobqueue is not installed, or jobs cannot be submitted.
    """

    def __init__(self, jobs: int) -> None:
        try:
            jobqueue: Any = import_module("dask_jobqueue")
            config: Any = import_module("dask").config
        except ImportError:
            raise StdpbenchError("--slurm needs the package dask-jobqueue: pip install 'stdpbench[slurm]'") from None
        configured = config.get("jobqueue.slurm", {}) or {}
        options = {name: value for name, value in _DEFAULTS.items() if configured.get(name) is None}
        if shutil.which("sbatch") is None:
            raise StdpbenchError("--slurm needs the command sbatch, which is not on the PATH of this machine")
        try:
            self._cluster: Any = jobqueue.SLURMCluster(**options)
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            raise StdpbenchError(f"no Dask scheduler can be started for Slurm: {_sentence(error)}") from None
        try:
            self._cluster.scale(jobs=jobs)
            self._cluster.sync(self._cluster._correct_state)  # submits, so that a missing sbatch is an error here
        except (OSError, RuntimeError) as error:
            self.close()
            raise StdpbenchError(f"jobs cannot be submitted to Slurm: {_sentence(error)}") from None

    @property
    def address(self) -> str:
        """Address of the scheduler."""
        return str(self._cluster.scheduler_address)

    def close(self) -> None:
        """Cancel the jobs, and end the scheduler."""
        with suppress(Exception):  # jobs that have ended are no longer known to Slurm
            self._cluster.close(timeout=30)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
