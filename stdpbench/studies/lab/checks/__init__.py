"""Canonical checks of every rule and normalisation, against theory and against published figures.

A check is a function in `stdpbench.studies.lab.checks.suite.CHECKS`. It runs protocols, and adds findings and panels
of a figure to an `Outcome`. Nothing is tuned to pass: mismatches are listed as such.
"""
