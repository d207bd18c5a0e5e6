"""Proof by execution: record a TF1 program, replay the migrated one, compare."""
