"""The model without its decoding, for other runtimes."""
