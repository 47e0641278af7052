"""Drafts of an update: files received, inspected in a process of their own, and columns remembered."""
