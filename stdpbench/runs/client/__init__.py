"""The client side of a run: start its process, follow it, send requests."""
