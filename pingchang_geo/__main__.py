"""Entry point of ``python -m pingchang_geo``."""

import sys

from pingchang_geo.cli import main

sys.exit(main())
