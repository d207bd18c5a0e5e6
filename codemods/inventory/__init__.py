"""What variables a TF1 program has: a partial evaluation of its text that follows TF1's rules of naming.

`inventory` runs the graph-building part of a program on abstract values: Python's own values where the text gives
them, static shapes and dtypes for tensors, and `UNKNOWN` for everything else (data, files, other libraries). It
imports neither TensorFlow nor the program, and it follows classes, functions, loops and modules of the same project,
so that it also answers for programs that a rewrite refuses. What is not certain is marked so.
"""

from __future__ import annotations

from codemods.inventory.model import Inventory, Place, RunSite, Saver, Training, Update, VariableRecord
from codemods.inventory.reading import inventory

__all__ = ["Inventory", "Place", "RunSite", "Saver", "Training", "Update", "VariableRecord", "inventory"]
