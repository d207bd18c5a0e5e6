"""Keras 2 code becomes Keras 3 code: imports, backend functions, arguments, methods, classes; what is left alone."""

from __future__ import annotations

import pathlib

import pytest

from codemods.findings import Status
from codemods.pipeline import rewrite_source

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
# Makes a file old Keras, whatever else is in it.
OLD = "from keras.optimizers import SGD\nSGD(lr=0.1)\n"
NEW = "from keras.optimizers import SGD\nSGD(learning_rate=0.1)\n"


def rewritten(source: str) -> str:
    """The text after the rewrite, which must succeed, compile, and stay as it is the second time."""
    result = rewrite_source(source)
    refused = [finding for finding in result.findings if finding.status is Status.REFUSED]
    assert not refused, refused
    compile(result.text, "<rewritten>", "exec")
    assert rewrite_source(result.text).text == result.text
    return result.text


def refusals(source: str) -> list[str]:
    """The codes that keep a file as it was."""
    result = rewrite_source(source)
    assert not result.changed
    assert result.text == source
    codes = {finding.code for finding in result.findings if finding.status is Status.REFUSED}
    return sorted(codes - {"TF901"})


def expression(source: str, imports: str = "import keras\nfrom keras import backend as K\n") -> str:
    """What becomes of one expression in an old Keras file."""
    return rewritten(f"{imports}{OLD}{source}\n").splitlines()[-1]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("K.mean(x, axis=-1)", "keras.ops.mean(x, axis=-1)"),
        ("K.sum(K.square(a - b))", "keras.ops.sum(keras.ops.square(a - b))"),
        ("K.maximum(x=a, y=b)", "keras.ops.maximum(x1=a, x2=b)"),
        ("K.clip(a, min_value=0, max_value=1)", "keras.ops.clip(a, x_min=0, x_max=1)"),
        ("K.concatenate([a, b])", "keras.ops.concatenate([a, b], axis=-1)"),
        ("K.concatenate([a, b], axis=1)", "keras.ops.concatenate([a, b], axis=1)"),
        ("K.expand_dims(a)", "keras.ops.expand_dims(a, axis=-1)"),
        ("K.flatten(a)", "keras.ops.reshape(a, [-1])"),
        ("K.repeat_elements(a, 2, axis=1)", "keras.ops.repeat(a, 2, axis=1)"),
        ("K.permute_dimensions(a, pattern=(1, 0))", "keras.ops.transpose(a, axes=(1, 0))"),
        ("K.pow(a, 2)", "keras.ops.power(a, 2)"),
        ("K.sqrt(a)", "keras.ops.sqrt(keras.ops.maximum(a, 0.0))"),
        ("K.sqrt(K.sum(K.square(a)))", "keras.ops.sqrt(keras.ops.sum(keras.ops.square(a)))"),
        ("K.sqrt(K.sum(a))", "keras.ops.sqrt(keras.ops.maximum(keras.ops.sum(a), 0.0))"),
        ("K.hard_sigmoid(a + b)", "keras.ops.clip(0.2 * (a + b) + 0.5, 0.0, 1.0)"),
        ("K.argmax(a)", 'keras.ops.cast(keras.ops.argmax(a, axis=-1), "int64")'),
        (
            "K.equal(K.argmax(a), K.argmax(b, axis=1))",
            "keras.ops.equal(keras.ops.argmax(a, axis=-1), keras.ops.argmax(b, axis=1))",
        ),
        ("K.in_top_k(a, b, 3)", "keras.ops.in_top_k(b, a, 3)"),
        ("K.int_shape(a)[1]", "tuple(a.shape)[1]"),
        ("K.int_shape(a + b)", "tuple((a + b).shape)"),
        ("K.zeros_like(a, name='z')", "keras.ops.zeros_like(a)"),
        ("K.batch_dot(a, b, axes=(2, 1))", "keras.layers.dot([a, b], axes=(2, 1))"),
        ("K.get_value(model.optimizer.lr)", "keras.ops.convert_to_numpy(model.optimizer.learning_rate)"),
        ("K.set_value(model.optimizer.lr, 0.1)", "model.optimizer.learning_rate.assign(0.1)"),
        ("K.image_dim_ordering() == 'th'", "K.image_data_format() == 'channels_first'"),
        ("K.epsilon()", "K.epsilon()"),
        ("map(K.square, values)", "map(keras.ops.square, values)"),
    ],
)
def test_backend_functions(source: str, target: str) -> None:
    assert expression(source).replace("keras.backend", "K") == target


def test_random_functions_and_shapes_come_from_tensorflow() -> None:
    text = rewritten(
        f"import tensorflow as tf\nfrom keras import backend as K\n{OLD}K.random_normal(K.shape(a), seed=3)\n"
    )
    assert text.splitlines()[-1] == "tf.random.normal(tf.shape(a), seed=3)"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Dense(4, init='normal', W_regularizer=r)", "Dense(4, kernel_initializer='normal', kernel_regularizer=r)"),
        ("Dense(output_dim=4, input_dim=3)", "Dense(units=4, input_dim=3)"),
        ("Dropout(p=0.5)", "Dropout(rate=0.5)"),
        ("LeakyReLU(alpha=0.2)", "LeakyReLU(negative_slope=0.2)"),
        (
            "Convolution2D(8, 3, 3, border_mode='same', subsample=(2, 2))",
            "Convolution2D(8, (3, 3), padding='same', strides=(2, 2))",
        ),
        ("Conv2D(8, (3, 3), (2, 2))", "Conv2D(8, (3, 3), (2, 2))"),
        ("Embedding(10, 4, input_length=7)", "Embedding(10, 4, input_length=7)"),
        ("LSTM(4, implementation=2)", "LSTM(4, recurrent_activation=hard_sigmoid)"),
        ("LSTM(4, recurrent_activation='sigmoid')", "LSTM(4, recurrent_activation='sigmoid')"),
        ("GRU(4)", "GRU(4, recurrent_activation=hard_sigmoid, reset_after=False)"),
        ("Dense(2, activation='hard_sigmoid')", "Dense(2, activation=hard_sigmoid)"),
        ("BatchNormalization(mode=0, axis=1)", "BatchNormalization(axis=1)"),
    ],
)
def test_arguments_of_layers(source: str, target: str) -> None:
    assert expression(source, "from keras.layers import *\n") == target


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("optimizers.Adam(lr=0.01, epsilon=None)", "optimizers.Adam(learning_rate=0.01)"),
        ("optimizers.Adam(0.01, decay=0.0)", "optimizers.Adam(0.01)"),
        (
            "optimizers.SGD(lr=a, decay=1e-6, momentum=0.9)",
            "optimizers.SGD(learning_rate=keras.optimizers.schedules.InverseTimeDecay(a, 1, 1e-6), momentum=0.9)",
        ),
        ("regularizers.l1_l2()", "regularizers.l1_l2(l1=0.01, l2=0.01)"),
        ("regularizers.l1_l2(0.1)", "regularizers.l1_l2(0.1, l2=0.01)"),
        ("models.Model(input=a, output=b)", "models.Model(inputs=a, outputs=b)"),
        ("model.fit(x, y, nb_epoch=3)", "model.fit(x, y, epochs=3)"),
        (
            "model.fit_generator(g, 10, 5, workers=4, max_queue_size=2)",
            "model.fit(g, steps_per_epoch=10, epochs=5)",
        ),
        ("model.predict_generator(g, steps=3)", "model.predict(g, steps=3)"),
        ("model.compile(opt, loss='logcosh')", "model.compile(opt, loss='log_cosh')"),
        ("losses.mse(a, b)", "losses.mean_squared_error(a, b)"),
        ("callbacks.ReduceLROnPlateau(epsilon=0.1)", "callbacks.ReduceLROnPlateau(min_delta=0.1)"),
    ],
)
def test_arguments_and_methods(source: str, target: str) -> None:
    imports = "import keras\nfrom keras import callbacks, losses, models, optimizers, regularizers\n"
    assert expression(source, imports) == target


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (
            "from keras.layers.core import Dense, Lambda\nDense(1)\nLambda(f)\n",
            "from keras.layers import Dense, Lambda\n",
        ),
        ("from keras.layers.merge import add\nadd(xs)\n", "from keras.layers import add\n"),
        ("from keras.engine.topology import Layer\nLayer()\n", "from keras.layers import Layer\n"),
        ("from keras.objectives import mean_squared_error\nmean_squared_error(a, b)\n", "from keras.losses import"),
        ("from keras.utils import np_utils\nnp_utils.to_categorical(y, 3)\n", "keras.utils.to_categorical(y, 3)\n"),
        (
            "from keras.utils.np_utils import to_categorical\nto_categorical(y)\n",
            "from keras.utils import to_categorical\n",
        ),
        ("from tensorflow.python.keras.layers import Dense\nDense(1)\n", "from tensorflow.keras.layers import Dense\n"),
        ("from keras.layers import CuDNNLSTM\nCuDNNLSTM(3)\n", "LSTM(3)\n"),
        (
            "from keras.preprocessing.text import Tokenizer\nTokenizer()\n",
            "from tensorflow.keras.preprocessing.text import Tokenizer\n",
        ),
    ],
)
def test_imports(source: str, target: str) -> None:
    assert target in rewritten(source)


def test_custom_layers() -> None:
    source = """import tensorflow as tf

class Scale(tf.keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight("kernel", (input_shape[-1].value, 3))
        self.gain = tf.Variable(1.0, trainable=False)
        self.offset = self.add_variable("offset", shape=[3])
        self.kept = self.add_weight(shape=(3,), name="kept")

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)
"""
    text = rewritten(source)
    assert 'self.add_weight(name="kernel", shape=(input_shape[-1], 3))' in text
    assert "self.gain = tf.keras.Variable(1.0, trainable=False)" in text or "keras.Variable(1.0" in text
    assert 'self.add_weight(name="offset", shape=[3])' in text
    assert 'self.kept = self.add_weight(shape=(3,), name="kept")' in text
    assert "tf.matmul(inputs, self.kernel)" in text


@pytest.mark.parametrize(
    "source",
    [
        "import keras\nkeras.layers.Dense(3)\nkeras.ops.mean(x)\nkeras.optimizers.Adam(learning_rate=0.1)\n",
        "from tensorflow.keras import backend as K\ndef loss(a, b):\n    return K.mean(K.square(a - b), axis=-1)\n",
        "import tensorflow as tf\n@tf.function\ndef f(x):\n    return tf.keras.layers.LSTM(3)(x)\n",
        "from keras.layers import Dense, LSTM\nLSTM(3)\nDense(3, activation='hard_sigmoid')\n",
        "from keras import backend as K\nK.set_floatx('float64')\nK.clear_session()\n",
        "from tensorflow.keras.preprocessing.text import Tokenizer\nTokenizer(num_words=10)\n",
        "import keras\nclass L(keras.layers.Layer):\n    def build(self, s):\n        self.add_weight(shape=(3,))\n",
        "class Trainer:\n    def go(self):\n        self.fit_generator(3)\n        self.optimizer = make(lr=0.1)\n",
        "import keras\nkeras.regularizers.l1_l2(l1=0.1, l2=0.1)\nkeras.layers.GRU(3)\n",
    ],
)
def test_current_code_is_left_alone(source: str) -> None:
    result = rewrite_source(source)
    assert not result.changed
    assert result.text == source
    assert not [finding for finding in result.findings if finding.status is Status.REFUSED]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("K.function([a], [b])", "TF602"),
        ("K.in_train_phase(a, b)", "TF602"),
        ("K.switch(a, b, c)", "TF602"),
        ("K.batch_dot(a, b)", "TF602"),
        ("K.batch_flatten(f(a))", "TF602"),
        ("K.mean(*args)", "TF102"),
        ("map(K.argmax, values)", "TF105"),
        ("keras.layers.LocallyConnected1D(3, 3)", "TF602"),
        ("keras.layers.Dense(3, weights=[w])", "TF602"),
        ("keras.layers.LSTM(3, batch_input_shape=(1, 2, 3))", "TF602"),
        ("keras.layers.BatchNormalization(renorm=True)", "TF602"),
        ("keras.optimizers.Nadam(schedule_decay=0.1)", "TF602"),
        ("keras.utils.multi_gpu_model(model, 2)", "TF602"),
        ("keras.optimizers.Nadam()", "TF602"),
        ("model.compile('nadam', 'mse')", "TF602"),
        ("keras.layers.NoSuchLayer(3)", "TF601"),
        ("model.predict_classes(x)", "TF602"),
        ("model.fit_generator(g, samples_per_epoch=100)", "TF602"),
    ],
)
def test_refused(source: str, code: str) -> None:
    assert refusals(f"import keras\nfrom keras import backend as K\n{OLD}{source}\n") == [code]


def test_optimizers_that_compute_something_else_in_keras_3() -> None:
    text = rewritten(f"from keras.optimizers import RMSprop\n{OLD}RMSprop(lr=0.1)\nmodel.compile('rmsprop', 'mse')\n")
    assert text.count("class Keras2RMSprop(keras.optimizers.RMSprop):") == 1
    assert text.endswith("Keras2RMSprop(learning_rate=0.1)\nmodel.compile(Keras2RMSprop(), 'mse')\n")
    text = rewritten(
        "from keras.layers import Embedding\nfrom keras.optimizers import Adamax\nEmbedding(3, 4)\nAdamax(lr=1)\n"
    )
    assert "class Keras2Adamax(keras.optimizers.Adamax):" in text
    assert "Keras2Adamax(learning_rate=1)" in text
    assert "Keras2" not in rewritten("from keras.optimizers import Adam\nAdam(lr=1)\n")


def test_a_numeric_change_is_noted() -> None:
    result = rewrite_source(f"from keras import backend as K\n{OLD}K.binary_crossentropy(a, b)\n")
    assert [finding.code for finding in result.findings if finding.status is None] == ["TF730"]


def test_updates_of_layers_are_refused() -> None:
    source = "import keras\nclass L(keras.layers.Layer):\n    def call(self, x):\n        self.add_update(x)\n"
    assert refusals(source) == ["TF603"]


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.glob("keras_*")))
def test_golden_programs(case: str) -> None:
    legacy = (GOLDEN / case / "legacy.py").read_text(encoding="utf-8")
    migrated = (GOLDEN / case / "migrated.py").read_text(encoding="utf-8")
    assert rewritten(legacy) == migrated
