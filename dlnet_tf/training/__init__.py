"""The training loop: schedules, checkpoints, exact resume, TensorBoard."""
