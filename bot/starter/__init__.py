"""What a new library begins with: mail providers, the first files, and a roster merged into people.yaml. Pure."""
