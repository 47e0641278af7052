"""The page 选址核查: ways in, map, answer, tables."""
