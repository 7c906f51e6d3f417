"""Video super-resolution: three frames in, the middle one out."""
