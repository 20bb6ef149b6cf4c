"""An unsupervised STDP learning workbench.

Brian2 networks with spike-timing-dependent plasticity and lateral inhibition, after Diehl & Cook (2015), at the
speed of compiled C++ and still open to the touch. Importing this package imports nothing heavy.
"""

__version__ = "0.1.0"
