"""Ecological assets of Pingchang County on one map."""
