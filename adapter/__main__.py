"""`python -m adapter` is `uapi-adapter`."""

import sys

from adapter.cli import main

sys.exit(main())
