"""The finding codes of Keras (TF6xx)."""

from __future__ import annotations

from codemods.findings import Code

KERAS_CODES: dict[str, Code] = {
    "TF600": Code(
        "Keras use converted or valid",
        "The Keras use runs on Keras 3 with the same result: unchanged, or under the name and with the arguments that "
        "Keras 3 has.",
        "Nothing.",
    ),
    "TF601": Code(
        "unknown Keras symbol",
        "The name is neither in the Keras of TensorFlow 1.15, nor in Keras 3, nor among the known older names.",
        "Check the spelling, and which version of Keras the program was written for.",
    ),
    "TF602": Code(
        "no counterpart in Keras 3",
        "Keras 3 has no such function, class or argument, and nothing else computes the same for every input.",
        "Replace it by hand; the message says what comes closest.",
    ),
    "TF603": Code(
        "update of a Keras layer",
        "Keras 2 ran the updates that a layer had announced in `fit` and nowhere else; Keras 3 knows no announced "
        "updates, and an assignment in `call` runs whenever the layer is called.",
        "Assign to the variable in `call`, under the condition under which Keras 2 ran the update.",
    ),
    "TF604": Code(
        "Keras and graph code that do not come apart",
        "Keras objects stay where they are, and graph code becomes functions. Here one is made from the other in a way "
        "that leaves no place between them.",
        "Give the Keras tensor or layer a name of its own, or put TensorFlow operations into a Lambda layer.",
    ),
    "TF605": Code(
        "learning phase that is not a literal",
        "A session is fed a learning phase that is only known when the program runs.",
        "Feed 0 or 1, in two runs if need be.",
    ),
    "TF606": Code(
        "weights initialised again",
        "Initialisers run after Keras layers were trained or loaded, and give them new random weights. Keras 3 has no "
        "initialiser operations.",
        "Build the model again where it should start afresh, or leave out an initialisation that is not wanted.",
    ),
    "TF607": Code(
        "Keras ran in another session",
        "The program made a session that Keras was not given, so that Keras ran in one of its own, in which the same "
        "layers have other weights.",
        "Give Keras the session with set_session, or open it with `with`, if the weights are meant to be the same.",
    ),
    "TF608": Code(
        "layer frozen after it was made",
        "`trainable` of a Keras layer is set after its variables were made. TF1's minimize without var_list trains "
        "such variables all the same; TF2 does not.",
        "Give minimize the variables that are meant, for example var_list=model.trainable_weights.",
    ),
    "TF609": Code(
        "layers in training mode twice",
        "A run calls layers in training mode for more than one of its values. In TF1 all values of a run saw one "
        "dropout mask; calling the layers twice would draw two.",
        "Fetch the values in runs of their own, or keep the output of the layers in one tensor that the others use.",
    ),
    "TF610": Code(
        "the dtype of a layer's input is not known",
        "A layer of tf.layers makes its weights with the dtype of its input. A layer of Keras 3 makes float32 weights, "
        "and casts its input to them, unless it is given another dtype.",
        "Cast the input where it is made: tf.cast(x, tf.float32).",
    ),
}
