"""Canonical checks of every rule and normalisation, against theory and against published figures.

A check is a function of a rule's kind in `stdpbench.studies.lab.checks.suite.CHECKS`. It runs protocols, and gives
findings and panels of a figure. Nothing is tuned to pass: mismatches are listed as such.
"""
