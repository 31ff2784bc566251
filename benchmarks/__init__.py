"""Peers and raw limits measured beside Ordertrail in one run; `python -m benchmarks`."""
