"""Branches, rewinding, export and reproduction of runs."""
