"""What the frozen binary runs: the command line, after a look at the arguments."""

import sys

if sys.argv[1:] != ["version"]:
    import precompiled

    precompiled.install()

from pxhelm.__main__ import main

main()
