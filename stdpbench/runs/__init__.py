"""Runs: training, labelling, testing, and the resulting run folder.

The package can also be called: ``stdpbench.runs()`` lists runs (`stdpbench.api.runs`).
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, folder: Any = None) -> Any:
        return import_module("stdpbench.api").runs(folder)


sys.modules[__name__].__class__ = _Callable
