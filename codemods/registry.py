"""The finding codes: what each means and what to do about it.

TF1xx symbols and arguments, TF2xx sessions, run sites and staging, TF3xx training and optimizers, TF4xx state, layers
and collections, TF5xx input, data, flags and host APIs, TF6xx Keras mixes, TF7xx notes on numerics, TF8xx source
problems, TF9xx the tool itself.
"""

from __future__ import annotations

from codemods.averaging_codes import AVERAGING_CODES
from codemods.builder_codes import BUILDER_CODES
from codemods.collection_codes import COLLECTION_CODES
from codemods.contrib_codes import CONTRIB_CODES
from codemods.findings import Code
from codemods.saver_codes import SAVER_CODES
from codemods.session_codes import SESSION_CODES

CODES: dict[str, Code] = {
    **SESSION_CODES,
    **BUILDER_CODES,
    **COLLECTION_CODES,
    **AVERAGING_CODES,
    **CONTRIB_CODES,
    **SAVER_CODES,
    # Symbols and arguments
    "TF100": Code(
        "symbol rewritten",
        "The TensorFlow 1 symbol has an exact counterpart in TensorFlow 2 or Keras 3, and the call was adapted to it.",
        "Nothing.",
    ),
    "TF101": Code(
        "no exact counterpart",
        "TensorFlow 2 and Keras 3 have nothing that does the same for every input.",
        "Replace the call by hand; the message says what comes closest.",
    ),
    "TF102": Code(
        "arguments passed with * or **",
        "The call passes a list or dict of arguments, so it is not known which parameter gets which value, and this "
        "call needs its arguments renamed, reordered or changed.",
        "Write the arguments out.",
    ),
    "TF103": Code(
        "arguments that TensorFlow 1 does not take",
        "The call names a parameter that the TensorFlow 1.15 function does not have, or passes too many arguments.",
        "Correct the call; if the program is meant for another version of TensorFlow 1, update it to 1.15 first.",
    ),
    "TF104": Code(
        "argument without counterpart",
        "The TensorFlow 2 function has no parameter for this argument, and its value changes the result.",
        "Compute the effect of the argument by hand, or leave it out if it is not wanted.",
    ),
    "TF105": Code(
        "function used without a call",
        "The function is passed on or stored, and its TensorFlow 2 counterpart takes other arguments.",
        "Call it in a small function or lambda of your own, whose arguments are then known.",
    ),
    "TF106": Code(
        "unknown symbol",
        "The name is neither in TensorFlow 1.15, nor in TensorFlow 2, nor among the known older names.",
        "Check the spelling, and which version of TensorFlow the program was written for.",
    ),
    "TF107": Code(
        "name from a star import",
        "The name can only come from a star import, and what that import brings is not known from this file.",
        "Import TensorFlow in this file, or name what is imported.",
    ),
    "TF108": Code(
        "same name, other meaning",
        "The call is valid in TensorFlow 1 and in TensorFlow 2 but means different things, and nothing else in the "
        "file says which of the two it was written for. It was left as it is.",
        "Check the call by hand.",
    ),
    "TF109": Code(
        "private module",
        "The name is imported from a private module of TensorFlow and no public name is known to be the same.",
        "Use a public function.",
    ),
    # Training and optimizers
    "TF310": Code(
        "optimizer without counterpart",
        "Keras 3 has no optimizer with this update rule, and none over a TensorFlow 1 kernel is provided for this use.",
        "Write the update rule as a subclass of keras.optimizers.Optimizer, or choose another optimizer.",
    ),
    "TF311": Code(
        "optimizer argument without counterpart",
        "The value of this argument changes the update rule, and it cannot be carried over or is not known from the "
        "source.",
        "Write a constant, or leave the argument out if it is not wanted.",
    ),
    "TF312": Code(
        "learning-rate schedule without counterpart",
        "Keras 3 has no schedule that computes this decay.",
        "Write it as a subclass of keras.optimizers.schedules.LearningRateSchedule.",
    ),
    # State, layers and collections
    "TF410": Code(
        "variable shared by its name",
        "The call may stand for a variable made before, and which one is not certain. Two layers that share weights "
        "must go on sharing them.",
        "Make the variable once and use the object; or write names and reuse= as literals.",
    ),
    "TF411": Code(
        "variable scope without counterpart",
        "The scope changes the variables made in it, or its object is used for something that TensorFlow 2 has no "
        "counterpart for.",
        "Give the arguments to the variables themselves; the message says what is in the way.",
    ),
    "TF412": Code(
        "get_variable without counterpart",
        "This argument, or this way to get an initial value, has no exact counterpart in tf.Variable.",
        "Compute the initial value in the program and give it to tf.Variable.",
    ),
    "TF413": Code(
        "name of a variable that is taken",
        "TensorFlow 1 raises an error here: a variable of this name exists, and the scope does not reuse it.",
        "Correct the program first.",
    ),
    "TF415": Code(
        "list of variables that is not certain",
        "The list holds every variable made so far, also those of layers, loops and optimizers, and not all of them "
        "are known by name here.",
        "Write the list out in the TensorFlow 1 program first.",
    ),
    "TF416": Code(
        "name that TensorFlow 1 made unique",
        "The variable has no name of its own, or one that was taken; TensorFlow 1 numbered such names, TensorFlow 2 "
        "does not.",
        "Give each variable a name of its own.",
    ),
    "TF420": Code(
        "loss that is added to a collection",
        "TensorFlow 1 adds the loss to a collection by itself, and something in the file may read that collection.",
        "Add up the losses by name in the TensorFlow 1 program first.",
    ),
    "TF421": Code(
        "argument of a loss without counterpart",
        "The combination of weights, reduction and smoothing is not one that is written out.",
        "Write the loss out in the TensorFlow 1 program first.",
    ),
    # Input, data, flags and host APIs
    "TF460": Code(
        "summary used otherwise than by a writer",
        "A fetched summary is a serialised string in TensorFlow 1. TensorFlow 2 has no such string: a summary goes "
        "straight to its writer.",
        "Give it to add_summary only, and fetch the tensor itself where its value is needed.",
    ),
    "TF461": Code(
        "tag of a summary that is not certain",
        "TensorFlow 1 made the names of summaries unique among all names of the graph, and what else may have this "
        "name cannot be told from the source.",
        "Give the summary, or what may have its name, another name as a literal.",
    ),
    "TF462": Code(
        "summaries that cannot be followed",
        "Which summaries a run fetches, or where their tensors come from, is not certain: they are made in a loop, "
        "under a condition or in a helper function, or are in collections of their own.",
        "Make each summary in a statement of its own, of a tensor that has a name there.",
    ),
    "TF463": Code(
        "summary writer without counterpart",
        "tf.summary.create_file_writer has nothing equal to this argument, method or use.",
        "Use add_summary, flush and close; make a new writer instead of reopening one.",
    ),
    "TF464": Code(
        "summary without counterpart",
        "There is no equal tf.summary function, or the call is not one that is understood.",
        "Use tf.summary.scalar, histogram, image or text.",
    ),
    "TF465": Code(
        "summary added in a way that TensorFlow 2 does not have",
        "TensorFlow 2 writes a summary under `with writer.as_default(step=...)`, which needs a line of its own, "
        "outside of name scopes, and an open writer.",
        "Give add_summary a line of its own, before the writer is closed.",
    ),
    "TF470": Code(
        "recurrent cell or loop that has no counterpart",
        "A cell of TF1 that one dynamic_rnn or static_rnn unrolls becomes a small class with the same kernel and "
        "arithmetic in keras.layers.RNN. Wrappers, peepholes, projections, initial states, cells that are shared or "
        "called by hand, and loops in branches are not among what is done.",
        "Write it with keras.layers.RNN by hand, or make the cell next to its one dynamic_rnn.",
    ),
    "TF500": Code(
        "flags by absl",
        "tf.app and tf.flags were thin layers over absl, which the program now uses itself.",
        "Nothing.",
    ),
    "TF501": Code(
        "use of flags without counterpart",
        "absl does not offer this, or it is not certain what the program means.",
        "Use absl.flags and absl.app by hand; the message says what is in the way.",
    ),
    "TF502": Code(
        "the command line is read a little differently",
        "TensorFlow 1 parsed the command line when the first flag was read and passed unknown arguments over.",
        "Check how the program is started.",
    ),
    "TF510": Code(
        "logging by the logger of TensorFlow",
        "tf.logging was a layer over the standard logger that tf.get_logger() returns.",
        "Nothing.",
    ),
    "TF511": Code(
        "use of tf.logging without counterpart",
        "The module itself is passed on, or the logger has no such method.",
        "Pass on tf.get_logger() by hand.",
    ),
    "TF520": Code(
        "session configuration by tf.config",
        "TensorFlow 2 configures the process, not the session. What it takes only before the first operation was put "
        "above that.",
        "Nothing.",
    ),
    "TF521": Code(
        "session configuration without counterpart",
        "The field has no counterpart in tf.config, its value is not known in time, or the configuration is used for "
        "something else than sessions.",
        "Configure the process with tf.config by hand, at the top of the program.",
    ),
    "TF522": Code(
        "limit on the memory of the GPU",
        "TensorFlow 2 knows limits in megabytes only. A program that limited its share now takes memory as it "
        "needs it.",
        "Set tf.config.LogicalDeviceConfiguration(memory_limit=...) if the GPU is shared.",
    ),
    "TF530": Code(
        "seed of the process",
        "tf.random.set_seed takes the place of the graph's seed.",
        "Nothing.",
    ),
    "TF531": Code(
        "seed taken back",
        "TensorFlow 2 cannot return to unseeded random numbers.",
        "Remove the call, or create a tf.random.Generator from a non-deterministic state.",
    ),
    "TF540": Code(
        "MNIST loader beside the file",
        "The loader of the tutorials left TensorFlow; a module of one page with the same batches takes its place.",
        "Nothing; keep the module with the program.",
    ),
    "TF541": Code(
        "use of the MNIST loader without counterpart",
        "The replacement has read_data_sets and the data sets that it returns, nothing else.",
        "Copy what is missing into the program, or read the data with keras.datasets.mnist.",
    ),
    "TF542": Code(
        "order of the batches",
        "The loader seeded NumPy with the seed of the graph, and it is not certain which seed that was.",
        "Pass seed= to read_data_sets, or seed NumPy, if the order of the batches matters.",
    ),
    "TF550": Code(
        "dimension as a number",
        "The elements of a shape are numbers (None when unknown) in TensorFlow 2.",
        "Nothing.",
    ),
    "TF551": Code(
        "dimension used as an object",
        "A dimension of TensorFlow 1 was an object; the number or None in its place answers this differently.",
        "Use .value, or int(), in the TensorFlow 1 program first.",
    ),
    "TF560": Code(
        "host function kept",
        "The class or function means the same in TensorFlow 2 for this use.",
        "Nothing.",
    ),
    "TF561": Code(
        "host function without counterpart",
        "This use needs graphs, sessions, queues or clusters of TensorFlow 1.",
        "Rewrite it by hand; the message says what is in the way.",
    ),
    # Keras
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
    # Notes on numerics
    "TF710": Code(
        "optimizer differs by rounding",
        "The Keras optimizer has the update rule of the TensorFlow 1 optimizer but evaluates it in another order. Over "
        "many steps training can amplify the difference.",
        "Nothing; or rewrite with --numerics exact for equal bits.",
    ),
    "TF711": Code(
        "optimizer computes something else",
        "--numerics keras was asked for, and the Keras optimizer does not have the update rule of the TensorFlow 1 "
        "optimizer; the message says what differs and how far the weights were apart in a measurement.",
        "Compare trained models, tune the hyperparameters again, or rewrite without --numerics keras.",
    ),
    "TF712": Code(
        "class over the TensorFlow 1 kernel",
        "The Keras optimizer or schedule would compute something else, so a small class with the TensorFlow 1 update "
        "rule was written into the file. Its docstring names what to swap it for.",
        "Nothing; or swap it where the exact numbers need not be kept, or rewrite with --numerics keras.",
    ),
    "TF720": Code(
        "other random numbers",
        "TensorFlow 2 derives the seed of each operation from the global seed in another way. Both programs are "
        "reproducible; their random numbers differ.",
        "Nothing; checks draw the same numbers on both sides.",
    ),
    "TF730": Code(
        "loss differs where predictions saturate",
        "Keras 2 added epsilon inside the logarithm once more. Away from predictions of exactly 0 or 1 the difference "
        "is rounding; where the predictions come from a sigmoid, both sides work on its argument and agree.",
        "Nothing, unless the loss is computed from hard 0 and 1 predictions.",
    ),
    "TF750": Code(
        "moving statistics never move",
        "TensorFlow 1 moved the statistics of batch normalization only where the program ran the operations in "
        "tf.GraphKeys.UPDATE_OPS. This program never does, and so it uses the initial ones outside of training: mean 0 "
        "and variance 1. The layer keeps them by a momentum of 1.",
        "If this was an oversight of the program, give the layer its momentum: keras.layers.BatchNormalization().",
    ),
    "TF751": Code(
        "batch normalization by the fused kernel",
        "tf.layers.batch_normalization of images used a fused kernel whose moving variance follows the variance over "
        "N - 1 elements. keras.layers.BatchNormalization takes the one over N, and rounds outputs otherwise (7e-7).",
        "Nothing; or swap the class for keras.layers.BatchNormalization, or rewrite with --numerics keras.",
    ),
    "TF752": Code(
        "batch normalization differs",
        "--numerics keras was asked for. keras.layers.BatchNormalization moves its variance towards the one over N "
        "elements of a batch, TensorFlow 1's fused kernel towards the one over N - 1; outputs differ by up to 7e-7.",
        "Compare trained models, or rewrite without --numerics keras.",
    ),
    "TF760": Code(
        "histogram with other buckets",
        "TensorFlow 2 stores a histogram as 30 buckets of equal width, TensorFlow 1 as exponential ones with the sum "
        "and the sum of squares. The number of values, the smallest and the largest are the same.",
        "Nothing; write mean and variance as scalars where they are wanted.",
    ),
    "TF761": Code(
        "graph that is not written",
        "There is no graph of the whole program any more; each tf.function has one.",
        "`tf.summary.graph(function.get_concrete_function().graph)`, with the writer as default, writes that of one.",
    ),
    "TF762": Code(
        "tag as TensorFlow 1 made it",
        "TensorFlow 1 replaced characters, put the name scopes in front and numbered names that were taken. The new "
        "program writes the same tag, so that event files go on.",
        "Choose a shorter tag where old and new event files need not be compared.",
    ),
    "TF764": Code(
        "tf.summary needs TensorBoard",
        "The functions of tf.summary are part of the package tensorboard, which TensorFlow no longer brings along.",
        "Add tensorboard to the requirements of the program.",
    ),
    "TF763": Code(
        "summary that nothing writes",
        "No writer is ever given this summary.",
        "Nothing.",
    ),
    "TF721": Code(
        "functions that draw the same numbers",
        "With a global seed TensorFlow 2 counts the random operations of each function from zero, so the first one of "
        "two functions draws the same numbers. TensorFlow 1 counted over the whole graph.",
        "Pass seed= to the random operations where the draws must be independent.",
    ),
    "TF110": Code(
        "no name for an import",
        "The rewritten call needs an import whose name the file uses for something else.",
        "Rename the variable or function that has the name of the module.",
    ),
    # Source problems
    "TF801": Code(
        "syntax error",
        "The text is not valid Python, so nothing was changed.",
        "Correct the error at the place named.",
    ),
    "TF802": Code(
        "Python 2 source",
        "The text is valid Python 2 but not Python 3, so nothing was changed.",
        "Convert it first, for example with `python -m fissix` or `2to3`.",
    ),
    "TF803": Code(
        "encoding",
        "The bytes cannot be decoded with the encoding that the file declares (UTF-8 if it declares none).",
        "Save the file as UTF-8, or declare its encoding in the first line.",
    ),
    "TF810": Code(
        "notebook that cannot be read",
        "The file is not a notebook of format 4, so its code cells are not known.",
        "Open it in Jupyter and save it, or convert it with `jupyter nbconvert --to notebook`.",
    ),
    "TF811": Code(
        "code would leave its notebook cell",
        "The rewritten program cannot be divided into the same cells: a cell boundary or an IPython line would be "
        "lost or moved.",
        "Put what belongs together (the graph and the lines that run it) into one cell, without IPython lines between.",
    ),
    # The tool itself
    "TF900": Code(
        "bug in this tool",
        "An internal check failed, or the tool crashed on this file. The file was left as it was.",
        "Report it with the file, line and stage of the message; `migrator report --html` has the traceback.",
    ),
    "TF901": Code(
        "left because of another finding",
        "A file is rewritten as a whole or not at all, and something else in it could not be rewritten.",
        "See the finding named in the message.",
    ),
    "TF902": Code(
        "rewrite not kept",
        "The use could be rewritten, but the whole file keeps its old text: it could not be written, or the rewritten "
        "program did not check equal.",
        "See the reason given for the file.",
    ),
}
