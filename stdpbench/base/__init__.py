"""What everything else rests on: errors, units, files and paths, threads and signals, text and files of others."""
