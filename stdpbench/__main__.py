"""``python -m stdpbench``: the command line."""

from stdpbench.cli import main

if __name__ == "__main__":
    main()
