"""Figures: arrays in, matplotlib figures out. Nothing here reads a run folder."""
