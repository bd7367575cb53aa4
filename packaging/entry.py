"""What the frozen binary runs: the command line, after a look at the arguments."""

from pxhelm.__main__ import main

main()
