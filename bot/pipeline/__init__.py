"""The order in which mail passes, written once: receive (poll) · publish · deliver.

    poll      what lies above a mailbox's mark            → batches of raw bytes
    receive   parse → guard → copy → thread → read → route → stored with the position, in one transaction
    publish   at once, digests of due slots, the report   → the outbox, one row a reader and slot
    deliver   leased → handed over → sent, deferred or failed
"""
