"""The training loop: schedules, checkpoints, exact resume, progress, TensorBoard."""
