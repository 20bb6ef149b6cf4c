"""The raster panel."""
