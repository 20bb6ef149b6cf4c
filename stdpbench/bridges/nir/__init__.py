"""Networks as files of the Neuromorphic Intermediate Representation (NIR), out and in.

NIR describes a network by differential equations and matrices, which simulators and chips read (Pedersen et al. 2024,
doi:10.1038/s41467-024-52259-9). `writing` says a network in NIR, or why it cannot be said; `reading`, which
`imported` starts in another process, makes an experiment of a file; `independent` simulates a file from NIR's
equations alone, and imports nothing of stdpbench, so that it can check the others.

Times are in ms, as in NIR's documentation. The neurons of a file are the difference equations of the network, if a
reader solves NIR's equations by the forward Euler method with the time step of the network, all nodes at the same
time; see `independent`. docs/hardware.md explains the convention.
"""

NEURONS = ("LIF", "IF", "CubaLIF")
"""Nodes of NIR that stand for populations."""
ORIGIN = "weights_origin"
"""Name in the metadata of a written file that says whether its weights were trained with labels."""
OUTPUT = "Output"
"""Name of the output node of a written file; names of populations have no capital letters."""
