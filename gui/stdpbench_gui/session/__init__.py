"""The current run and background work, without widgets."""
