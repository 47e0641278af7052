"""The carbon account of the plots, removal side by side, stock change, and what the report says beside it."""
