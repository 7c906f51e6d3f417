"""Sets of images: where they lie, how they are split, cached, sampled and turned into batches."""
