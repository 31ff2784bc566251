"""Everybody who is measured: Ordertrail, its peers, and the bare databases; a file for each."""
