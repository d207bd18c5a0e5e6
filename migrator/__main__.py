"""`python -m migrator` is the console script."""

from migrator.cli.main import main

if __name__ == "__main__":  # worker processes import this module again
    main()
