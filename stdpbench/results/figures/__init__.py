"""Figures: functions from arrays to matplotlib figures, which do not read run folders."""
