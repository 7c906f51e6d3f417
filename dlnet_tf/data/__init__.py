"""Image sources, from files to tensors."""
