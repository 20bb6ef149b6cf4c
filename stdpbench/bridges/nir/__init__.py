"""Export and import of networks as files of the Neuromorphic Intermediate Representation (NIR).

NIR describes a network by differential equations and matrices, which simulators and chips read (Pedersen et al. 2024,
doi:10.1038/s41467-024-52259-9). `writing` converts a network to NIR, or states why this is not possible; `reading`,
which `imported` starts in another process, converts a file to an experiment; `independent` simulates a file from NIR's
equations alone, and imports nothing of stdpbench, so that it can check the others.

Times are in ms, as in NIR's documentation. The neurons of a file follow the difference equations of the network if a
reader solves NIR's equations by the forward Euler method with the time step of the network, all nodes simultaneously;
see `independent`. docs/hardware.md explains the convention.
"""

NEURONS = ("LIF", "IF", "CubaLIF")
"""Types of NIR nodes that become populations."""
ORIGIN = "weights_origin"
"""Metadata key of a written file that states whether its weights were trained with labels."""
OUTPUT = "Output"
"""Name of the output node of a written file; names of populations have no capital letters."""
