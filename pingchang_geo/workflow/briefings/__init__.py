"""Briefings looked up in an atlas and the ledger: figures, charts and map states of every scene."""
