"""Photographs, masks and kernels from and to files."""
