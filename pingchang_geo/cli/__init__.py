"""The command line: ``python -m pingchang_geo …``."""

from pingchang_geo.cli.main import main

__all__ = ["main"]
