"""What each command of `liaison` does, a file for each; imported only when it is called, so that all start fast."""
