"""Widgets that several pages and panels share."""
