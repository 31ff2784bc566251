"""The pure room: aggregates, their events, commands and rules; no clock, no I/O."""
