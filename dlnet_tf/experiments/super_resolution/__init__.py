"""Super-resolution on the command line."""
