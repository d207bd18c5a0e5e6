"""Helper functions that make a part of a program's graph once, written out where they are called.

A placeholder, a metric's update, or one by an optimizer, belongs to the function that a run of it becomes; a helper
that makes one has no counterpart of its own. What comes out is TF1 still, and means the same; the other rewrites see
no such helpers.
"""
