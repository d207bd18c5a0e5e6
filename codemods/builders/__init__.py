"""Builder functions, before everything else: those that make variables or layers and compute tensors with them.

Each becomes a class that makes its state once and computes when it is called; a call becomes the making of an object,
or the use of one that an earlier call made, and a call of it. What comes out is TF1 still, with the state and the
computation in statements of their own; the other rewrites see no builder functions.
"""
