"""Foundations without dependencies on other parts: errors, units, files, paths, threads, signals and foreign input."""
