"""The page 碳汇核算: its state in the address, and its parts from stock to value."""
