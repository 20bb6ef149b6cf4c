"""Compilers, the cache of what was compiled, and loading it into this process."""
