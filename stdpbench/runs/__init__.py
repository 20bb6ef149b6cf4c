"""Runs: training, labelling and testing, and the run folders that record them.

The package is callable: ``stdpbench.runs()`` lists runs (`stdpbench.api.runs`).
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, folder: Any = None, *, tag: str | None = None, starred: bool = False) -> Any:
        return import_module("stdpbench.api").runs(folder, tag=tag, starred=starred)


sys.modules[__name__].__class__ = _Callable
