"""The doctor: one step after another on the way to the mail servers and back, each said in words."""
