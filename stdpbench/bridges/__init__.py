"""Exchange with other tools and chips: NIR files, and limits of neuromorphic hardware."""
