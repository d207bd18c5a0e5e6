"""The import of the tutorials' MNIST loader."""

from __future__ import annotations

import pytest

from codemods.rewrites import mnist
from tests.codemods.host_side import rewrite, unchanged

READ = "input_data.read_data_sets('data', one_hot=True)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"from tensorflow.examples.tutorials.mnist import input_data\n{READ}",
            f"import mnist_data as input_data\n{READ}",
        ),
        (
            f"import tensorflow.examples.tutorials.mnist.input_data as input_data  # data\n{READ}",
            f"import mnist_data as input_data  # data\n{READ}",
        ),
        (
            "from tensorflow.examples.tutorials.mnist import input_data as mnist_data\n"
            "mnist_data.read_data_sets('a')\n",
            "import mnist_data\nmnist_data.read_data_sets('a')\n",
        ),
        (
            "from tensorflow.examples.tutorials.mnist.input_data import read_data_sets as read\nread('a')\n",
            "from mnist_data import read_data_sets as read\nread('a')\n",
        ),
        (
            "from tensorflow.contrib.learn.python.learn.datasets.mnist import read_data_sets\nread_data_sets('a')\n",
            "from mnist_data import read_data_sets\nread_data_sets('a')\n",
        ),
        (
            f"def f():\n    from tensorflow.examples.tutorials.mnist import input_data\n    return {READ}",
            f"def f():\n    import mnist_data as input_data\n    return {READ}",
        ),
        (
            f"from .net import Net\nfrom tensorflow.examples.tutorials.mnist import input_data\n{READ}",
            f"from .net import Net\nfrom . import mnist_data as input_data\n{READ}",
        ),
    ],
)
def test_imports(before: str, after: str) -> None:
    outcome = rewrite(before, mnist)
    assert outcome.text == after
    assert outcome.refused == [] and outcome.imports == ()
    assert list(outcome.extra_files) == ["mnist_data.py"]
    again = rewrite(after, mnist)
    assert again.text == after and again.findings == () and again.extra_files == {}


def test_a_path_from_the_root() -> None:
    outcome = rewrite(
        "import tensorflow.examples.tutorials.mnist.input_data\n"
        "tensorflow.examples.tutorials.mnist.input_data.read_data_sets('a')\n",
        mnist,
    )
    assert outcome.text.endswith("\nmnist_data.read_data_sets('a')\n")
    assert outcome.imports == ("import mnist_data",)


def test_an_import_of_several_names() -> None:
    text = f"from tensorflow.examples.tutorials.mnist import input_data, other\n{READ}"
    outcome = rewrite(text, mnist)
    assert outcome.text == (
        f"from tensorflow.examples.tutorials.mnist import other\nimport mnist_data as input_data\n{READ}"
    )


IMPORTS = "import tensorflow as tf\nfrom tensorflow.examples.tutorials.mnist import input_data\n"


@pytest.mark.parametrize(
    ("before", "seed"),
    [
        ("tf.set_random_seed(1)\n", "1"),
        ("SEED = 3\ntf.set_random_seed(SEED)\n", "SEED"),
        ("tf.set_random_seed(1)\ntf.set_random_seed(2)\n", "2"),
        ("tf.set_random_seed(1)\ntf.reset_default_graph()\n", None),
        ("", None),
    ],
)
def test_the_seed_of_the_graph_is_passed_on(before: str, seed: str | None) -> None:
    outcome = rewrite(IMPORTS + before + "input_data.read_data_sets('a')\n", mnist)
    call = f"input_data.read_data_sets('a', seed={seed})\n" if seed else "input_data.read_data_sets('a')\n"
    assert outcome.text.endswith(call)
    assert outcome.notes == []


@pytest.mark.parametrize(
    "text",
    [
        "def main():\n    tf.set_random_seed(1)\n\nmain()\ninput_data.read_data_sets('a')\n",
        "tf.set_random_seed(1)\ndef main():\n    input_data.read_data_sets('a')\n",
        "for i in range(2):\n    tf.set_random_seed(i)\ninput_data.read_data_sets('a')\n",
        "with tf.Graph().as_default():\n    tf.set_random_seed(1)\ninput_data.read_data_sets('a')\n",
        "tf.set_random_seed(n + 1)\ninput_data.read_data_sets('a')\n",
    ],
)
def test_a_seed_that_is_not_certain_is_noted(text: str) -> None:
    outcome = rewrite(IMPORTS + text, mnist)
    assert "seed=" not in outcome.text
    assert len(outcome.notes) == 1 and "seed" in outcome.notes[0]


def test_an_own_seed_stays() -> None:
    text = IMPORTS + "tf.set_random_seed(1)\ninput_data.read_data_sets('a', seed=2)\n"
    outcome = rewrite(text, mnist)
    assert "seed=2)" in outcome.text and outcome.notes == []


@pytest.mark.parametrize(
    "text",
    [
        "from tensorflow.examples.tutorials.mnist import mnist\nmnist.inference(x)\n",
        "from tensorflow.examples.tutorials.mnist import input_data\ninput_data.DataSet(x, y)\n",
        f"from tensorflow.examples.tutorials.mnist import input_data\ndata = {READ}data.train._index_in_epoch = 0\n",
        f"import mnist_data\nfrom tensorflow.examples.tutorials.mnist import input_data\n{READ}",
        "from . import net\nimport tensorflow as tf\ntf.contrib.learn.datasets.mnist.read_data_sets('a')\n",
    ],
)
def test_refusals(text: str) -> None:
    assert rewrite(text, mnist).refused


@pytest.mark.parametrize(
    "text",
    [
        f"import input_data\n{READ}",
        "from keras.datasets import mnist\nmnist.load_data()\n",
        "import tensorflow as tf\ntf.keras.datasets.mnist.load_data()\n",
        "class DataSet:\n    def next(self):\n        return self._images\n",
    ],
)
def test_other_code_is_left_alone(text: str) -> None:
    unchanged(text, mnist)
