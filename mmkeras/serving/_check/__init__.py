"""The parts of a check of an export."""
