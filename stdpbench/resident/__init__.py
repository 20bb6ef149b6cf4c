"""Brian2 networks compiled once, which stay open between two runs.

One line in an otherwise unchanged script::

    import stdpbench.resident
    brian2.set_device("resident")

The first ``run()`` compiles the network into a library, which works on Brian2's own arrays in memory; later runs call
it again. See docs/resident.md.
"""

from brian2.devices.device import all_devices

from stdpbench.resident.device import ResidentDevice
from stdpbench.resident.program import Program

__all__ = ["Program", "ResidentDevice"]

all_devices.setdefault("resident", ResidentDevice())
