"""Ecological assets of Pingchang County on one map."""

#: Of the software, as in pyproject.toml.
__version__ = "0.1.0"
