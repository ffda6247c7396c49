"""``python -m cricketgnn``: the console script, for where it is not on the path."""

from cricketgnn.cli.main import main

main()
