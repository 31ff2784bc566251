"""The room of everything that touches the world: stores, codec, tables, files, terminals."""
