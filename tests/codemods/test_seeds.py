"""tf.set_random_seed."""

from __future__ import annotations

import pytest

from codemods.rewrites import seeds
from tests.codemods.host_side import check, rewrite, unchanged


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import tensorflow as tf\ntf.set_random_seed(1)\n", "import tensorflow as tf\ntf.random.set_seed(1)\n"),
        (
            "import tensorflow\ntensorflow.set_random_seed(seed=n)\n",
            "import tensorflow\ntensorflow.random.set_seed(seed=n)\n",
        ),
        (
            "import tensorflow as tf\nwith tf.Graph().as_default():\n    tf.random.set_random_seed(1)  # fixed\n",
            "import tensorflow as tf\nwith tf.Graph().as_default():\n    tf.random.set_seed(1)  # fixed\n",
        ),
        (
            "import tensorflow as tf\nseed = tf.set_random_seed\nseed(1)\n",
            "import tensorflow as tf\nseed = tf.random.set_seed\nseed(1)\n",
        ),
    ],
)
def test_seeds(before: str, after: str) -> None:
    outcome = check(before, after, seeds)
    assert any("other random numbers" in note for note in outcome.notes)


def test_a_seed_cannot_be_taken_back() -> None:
    outcome = rewrite("import tensorflow as tf\ntf.set_random_seed(None)\n", seeds)
    assert len(outcome.refused) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import tensorflow as tf\ntf.random.set_seed(1)\n",
        "import numpy as tf\ntf.set_random_seed(1)\n",
        "import tensorflow as tf\ndef f(tf):\n    tf.set_random_seed(1)\n",
    ],
)
def test_other_code_is_left_alone(text: str) -> None:
    unchanged(text, seeds)
