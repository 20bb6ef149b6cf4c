"""The run folder on disk: journal, checkpoints, lock, snapshots and damage detection."""
