"""Message → tags → Reading: what the bot understands of a message. All of it is pure."""
