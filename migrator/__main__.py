"""`python -m migrator` is the console script."""

from migrator.cli.main import main

main()
