"""Reading → routes: who gets a message, in which way, and why. All of it is pure but for reading the files."""
