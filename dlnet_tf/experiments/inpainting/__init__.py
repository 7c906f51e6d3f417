"""Inpainting and interpolation on the command line."""
