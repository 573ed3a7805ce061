"""The liaison bot: reads a consortium's list mail and sends each colleague one digest of what concerns them."""

__version__ = "0.1.0"
