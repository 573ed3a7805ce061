"""Mailbox → raw bytes → Message → guard: how list mail comes into the house."""
