"""A workbench for spiking networks that learn without labels, by STDP and other local rules.

Brian2 networks with lateral inhibition, after Diehl & Cook (2015), at the speed of compiled C++, whose weights and
parameters can be read and changed between any two presentations. Importing this package imports nothing heavy.

From Python: ``run = stdpbench.start("digits")``, ``stdpbench.open_run(path)``, ``stdpbench.runs()``,
``stdpbench.Experiment.read("digits")``, ``stdpbench.Network()``, ``stdpbench.stimulus_figure("digits")``; see
`stdpbench.api` and ``docs/python.md``.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # not from typing, which may be a file of the current folder at this point
if TYPE_CHECKING:
    from typing import Any

    from stdpbench.api import Run as Run
    from stdpbench.api import open_run as open_run
    from stdpbench.api import reference as reference
    from stdpbench.api import start as start
    from stdpbench.api import stimulus_figure as stimulus_figure
    from stdpbench.api import stimulus_numbers as stimulus_numbers
    from stdpbench.base.errors import StdpbenchError as StdpbenchError
    from stdpbench.engine.session import open_network as open_network
    from stdpbench.experiment import Experiment as Experiment
    from stdpbench.experiment.templates.builder import Network as Network

__version__ = "0.1.0"

_LAZY = {
    "Experiment": "experiment",
    "Network": "experiment.templates.builder",
    "Run": "api",
    "StdpbenchError": "base.errors",
    "open_network": "engine.session",
    "open_run": "api",
    "reference": "api",
    "start": "api",
    "stimulus_figure": "api",
    "stimulus_numbers": "api",
}
_PACKAGES = {"lab": "studies.lab", "runs": "runs"}  # `runs` can also be called

__all__ = [
    "Experiment",
    "Network",
    "Run",
    "StdpbenchError",
    "__version__",
    "lab",
    "open_network",
    "open_run",
    "reference",
    "runs",
    "start",
    "stimulus_figure",
    "stimulus_numbers",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"stdpbench.{_LAZY[name]}"), name)
    if name in _PACKAGES:
        return import_module(f"stdpbench.{_PACKAGES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
