"""Slot due → compose → render: one mail made for one reader. All of it is pure."""
