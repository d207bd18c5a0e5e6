"""Settings that every test shares."""

from __future__ import annotations

import os

# Quiet and small TensorFlow in this process and in every process that tests start.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
