"""Checkpoints of TF1 programs, and what the migrated programs read instead. TensorFlow is imported here only."""
