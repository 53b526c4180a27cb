"""`python -m groundcloud` is the command line."""

import sys

from groundcloud.cli import main

sys.exit(main())
