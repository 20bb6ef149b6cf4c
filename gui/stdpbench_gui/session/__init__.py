"""The run on display and background work, without widgets."""
