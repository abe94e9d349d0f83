"""`python -m adapter` is `uapi-adapter`."""

import sys

from adapter.process.cli import main

sys.exit(main())
