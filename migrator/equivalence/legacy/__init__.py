"""The legacy runtime: TF1 programs run on TensorFlow 2 as if it were TensorFlow 1.

Files of the user see ``tensorflow`` as TF1 (`namespace`), ``keras`` as Keras 2 on the same graph, and stand-ins for
what TensorFlow has removed; everything else in the process sees the real packages (`imports`).
"""
