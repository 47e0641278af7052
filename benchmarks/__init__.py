"""Benchmarks: ``python -m benchmarks`` measures everything side by side and writes docs/performance.md."""
