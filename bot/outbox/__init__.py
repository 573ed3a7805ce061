"""Queued → leased → sent, deferred or failed: how mail leaves the house."""
