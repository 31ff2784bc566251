"""The parts of the table: what is measured, a file for each."""
