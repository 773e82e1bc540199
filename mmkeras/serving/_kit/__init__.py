"""The files of the kit in every export."""
