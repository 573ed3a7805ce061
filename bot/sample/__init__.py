"""The embedded sample library: its mailbox, its people, and how it is laid."""
