"""`ordertrail demo`: real orders, then one order's life, and the views that follow from it."""

from ordertrail.adapters.cli.demo.command import demo

__all__ = ["demo"]
