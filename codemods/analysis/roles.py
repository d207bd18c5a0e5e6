"""What calling a TF1 symbol yields, by canonical name: the staging analysis reads this, never the source text."""

from __future__ import annotations

from functools import cache

from codemods.analysis import metric_functions
from codemods.analysis.layer_table import CLASSES, FUNCTIONS

PLACEHOLDER = "placeholder"
VARIABLE = "variable"
OPTIMIZER = "optimizer"
SCHEDULE = "schedule"
INIT = "init"
SESSION = "session"
GRAPH = "graph"
RESET = "reset graph"
CONFIG = "config"
SCOPE = "scope"
VARIABLE_SCOPE = "variable scope"
CURRENT_SCOPE = "current variable scope"
VARIABLES = "list of variables"
METRIC = "metric"
COLLECTION = "collection"  # adds to a collection, or reads what losses were added
GLOBAL_STEP = "global step"
SAVER = "saver"
DEPENDENCIES = "control dependencies"
ASSIGN = "assign"
GROUP = "group"
RANDOM = "random"
TENSOR = "tensor"
HOST = "host"
CONTROL = "control flow"
GRADIENTS = "gradients"
KERAS = "keras"  # layers, models and what is computed with them
AVERAGES = "moving averages"
SUMMARY = "summary"  # made, merged, written
LATER = "later"  # needs a model of state that the engine does not have

_EXACT = {
    **dict.fromkeys([*CLASSES, *FUNCTIONS], KERAS),
    "tf.placeholder": PLACEHOLDER,
    "tf.placeholder_with_default": PLACEHOLDER,
    "tf.sparse_placeholder": PLACEHOLDER,
    "keras.backend.placeholder": PLACEHOLDER,
    "tf.Variable": VARIABLE,
    "tf.get_variable": VARIABLE,
    "tf.global_variables_initializer": INIT,
    "tf.initialize_all_variables": INIT,
    "tf.local_variables_initializer": INIT,
    "tf.initialize_local_variables": INIT,
    "tf.variables_initializer": INIT,
    "tf.initialize_variables": INIT,
    "tf.initializers.global_variables": INIT,
    "tf.initializers.local_variables": INIT,
    "tf.initializers.variables": INIT,
    "tf.Session": SESSION,
    "tf.InteractiveSession": SESSION,
    "tf.Graph": GRAPH,
    "tf.get_default_graph": GRAPH,
    "tf.reset_default_graph": RESET,
    "tf.ConfigProto": CONFIG,
    "tf.GPUOptions": CONFIG,
    "tf.name_scope": SCOPE,
    "tf.device": SCOPE,
    "tf.op_scope": SCOPE,
    "tf.control_dependencies": DEPENDENCIES,
    "tf.assign": ASSIGN,
    "tf.assign_add": ASSIGN,
    "tf.assign_sub": ASSIGN,
    "tf.scatter_update": ASSIGN,
    "tf.scatter_add": ASSIGN,
    "tf.scatter_sub": ASSIGN,
    "tf.scatter_mul": ASSIGN,
    "tf.scatter_div": ASSIGN,
    "tf.scatter_nd_update": ASSIGN,
    "tf.scatter_nd_add": ASSIGN,
    "tf.scatter_nd_sub": ASSIGN,
    "tf.group": GROUP,
    "tf.no_op": GROUP,
    "tf.gradients": GRADIENTS,
    "tf.hessians": GRADIENTS,
    "tf.cond": CONTROL,
    "tf.case": CONTROL,
    "tf.while_loop": CONTROL,
    "tf.map_fn": CONTROL,
    "tf.scan": CONTROL,
    "tf.foldl": CONTROL,
    "tf.foldr": CONTROL,
    "tf.py_func": CONTROL,
    "tf.random_normal": RANDOM,
    "tf.random_uniform": RANDOM,
    "tf.truncated_normal": RANDOM,
    "tf.random_shuffle": RANDOM,
    "tf.random_crop": RANDOM,
    "tf.random_gamma": RANDOM,
    "tf.random_poisson": RANDOM,
    "tf.multinomial": RANDOM,
    "tf.nn.dropout": RANDOM,
    "tf.nn.nce_loss": RANDOM,
    "tf.nn.sampled_softmax_loss": RANDOM,
    "tf.nn.fractional_max_pool": RANDOM,
    "tf.nn.fractional_avg_pool": RANDOM,
    "tf.TensorShape": HOST,
    "tf.Dimension": HOST,
    "tf.as_dtype": HOST,
    "tf.DType": HOST,
    "tf.set_random_seed": HOST,
    "tf.random.set_random_seed": HOST,
    "tf.random.set_seed": HOST,
    "tf.disable_v2_behavior": HOST,
    "tf.disable_eager_execution": HOST,
    "tf.disable_resource_variables": HOST,
    "tf.disable_v2_tensorshape": HOST,
    "tf.enable_resource_variables": HOST,
    "tf.executing_eagerly": HOST,
    "tf.is_tensor": HOST,
    "tf.contrib.framework.is_tensor": HOST,
    "tf.load_file_system_library": HOST,
    "tf.load_op_library": HOST,
    "tf.no_gradient": HOST,
    "tf.NotDifferentiable": HOST,
    "tf.GradientTape": HOST,
    "tf.function": HOST,
    "tf.custom_gradient": HOST,
    **{
        f"tf.contrib.layers.{name}": HOST
        for name in (
            "xavier_initializer",
            "xavier_initializer_conv2d",
            "variance_scaling_initializer",
            "l1_regularizer",
            "l2_regularizer",
            "l1_l2_regularizer",
            "sum_regularizer",
        )
    },
    **{
        f"tf.losses.{name}": TENSOR
        for name in (
            "absolute_difference",
            "compute_weighted_loss",
            "cosine_distance",
            "hinge_loss",
            "huber_loss",
            "log_loss",
            "mean_pairwise_squared_error",
            "mean_squared_error",
            "sigmoid_cross_entropy",
            "softmax_cross_entropy",
            "sparse_softmax_cross_entropy",
        )
    },
    **dict.fromkeys(metric_functions.SYMBOLS, METRIC),
    "tf.RegisterGradient": LATER,
    "tf.enable_eager_execution": LATER,
    "tf.global_variables": VARIABLES,
    "tf.all_variables": VARIABLES,
    "tf.local_variables": VARIABLES,
    "tf.trainable_variables": VARIABLES,
    "tf.model_variables": LATER,
    "tf.moving_average_variables": LATER,
    "tf.get_collection": VARIABLES,
    "tf.get_collection_ref": VARIABLES,
    "tf.add_to_collection": COLLECTION,
    "tf.add_to_collections": COLLECTION,
    "tf.losses.add_loss": COLLECTION,
    "tf.variable_scope": VARIABLE_SCOPE,
    "tf.variable_op_scope": LATER,
    "tf.get_variable_scope": CURRENT_SCOPE,
    "tf.make_template": LATER,
    "tf.no_regularizer": LATER,
    "tf.import_graph_def": LATER,
    "tf.report_uninitialized_variables": LATER,
    "tf.is_variable_initialized": LATER,
    "tf.tables_initializer": LATER,
    "tf.initialize_all_tables": LATER,
    "tf.get_session_handle": LATER,
    "tf.get_session_tensor": LATER,
    "tf.train.ExponentialMovingAverage": AVERAGES,
    "tf.train.get_global_step": GLOBAL_STEP,
    "tf.train.get_or_create_global_step": GLOBAL_STEP,
    "tf.train.create_global_step": GLOBAL_STEP,
    "tf.train.global_step": LATER,
    "tf.train.Saver": SAVER,
    "tf.train.latest_checkpoint": HOST,
    "tf.train.get_checkpoint_state": HOST,
    "tf.train.NewCheckpointReader": HOST,
    "tf.train.load_checkpoint": HOST,
    "tf.train.load_variable": HOST,
    "tf.train.list_variables": HOST,
    "tf.get_default_session": SESSION,
    "tf.graph_util": LATER,
}

_PREFIX = (
    ("tf.train.exponential_decay", SCHEDULE),
    ("tf.train.piecewise_constant", SCHEDULE),
    ("tf.train.polynomial_decay", SCHEDULE),
    ("tf.train.natural_exp_decay", SCHEDULE),
    ("tf.train.inverse_time_decay", SCHEDULE),
    ("tf.train.cosine_decay", SCHEDULE),
    ("tf.train.linear_cosine_decay", SCHEDULE),
    ("tf.train.noisy_linear_cosine_decay", SCHEDULE),
    ("tf.train.Feature", HOST),
    ("tf.train.Example", HOST),
    ("tf.train.SequenceExample", HOST),
    ("tf.train.BytesList", HOST),
    ("tf.train.FloatList", HOST),
    ("tf.train.Int64List", HOST),
    ("tf.train.SummaryWriter", SUMMARY),
    ("tf.train.", LATER),
    ("tf.random.", RANDOM),
    ("tf.image.random_", RANDOM),
    ("tf.image.sample_distorted_bounding_box", RANDOM),
    ("tf.nn.log_uniform_candidate_sampler", RANDOM),
    ("tf.nn.uniform_candidate_sampler", RANDOM),
    ("tf.nn.learned_unigram_candidate_sampler", RANDOM),
    ("tf.nn.fixed_unigram_candidate_sampler", RANDOM),
    ("tf.nn.rnn_cell.", LATER),
    ("tf.nn.dynamic_rnn", LATER),
    ("tf.nn.bidirectional", LATER),
    ("tf.nn.static_", LATER),
    ("tf.nn.raw_rnn", LATER),
    ("tf.nn.rnn", LATER),
    ("tf.nn.state_saving_rnn", LATER),
    ("tf.gfile", HOST),
    ("tf.io.gfile", HOST),
    ("tf.logging", HOST),
    ("tf.app", HOST),
    ("tf.flags", HOST),
    ("tf.errors", HOST),
    ("tf.compat", HOST),
    ("tf.sysconfig", HOST),
    ("tf.test", HOST),
    ("tf.resource_loader", HOST),
    ("tf.python_io", HOST),
    ("tf.config", HOST),
    ("tf.saved_model", LATER),
    ("tf.examples", HOST),
    ("tf.data.", LATER),
    ("tf.summary", SUMMARY),
    ("tf.Summary", SUMMARY),
    ("tf.scalar_summary", SUMMARY),
    ("tf.histogram_summary", SUMMARY),
    ("tf.image_summary", SUMMARY),
    ("tf.audio_summary", SUMMARY),
    ("tf.merge_summary", SUMMARY),
    ("tf.merge_all_summaries", SUMMARY),
    ("tf.contrib.deprecated", SUMMARY),
    ("tf.layers", LATER),
    ("tf.losses.get_", COLLECTION),
    ("tf.losses", LATER),
    ("tf.metrics", LATER),
    ("tf.estimator", LATER),
    ("tf.feature_column", LATER),
    ("tf.contrib", LATER),
    ("tf.lookup", LATER),
    ("tf.distribute", LATER),
    ("tf.distributions", LATER),
    ("tf.FIFOQueue", LATER),
    ("tf.RandomShuffleQueue", LATER),
    ("tf.PaddingFIFOQueue", LATER),
    ("tf.PriorityQueue", LATER),
    ("tf.QueueBase", LATER),
    ("tf.WholeFileReader", LATER),
    ("tf.TextLineReader", LATER),
    ("tf.TFRecordReader", LATER),
    ("tf.FixedLengthRecordReader", LATER),
    ("tf.IdentityReader", LATER),
    ("tf.ReaderBase", LATER),
    ("tf.TensorArray", LATER),
    ("tf.initializers.", HOST),
    ("tf.keras.initializers.", HOST),
    ("keras.initializers.", HOST),
    ("keras.backend.get_session", SESSION),
    ("keras.backend.variable", VARIABLE),
    ("keras.backend.gradients", GRADIENTS),
    ("keras.", KERAS),
)


@cache
def role(symbol: str) -> str:
    """The role of the TF or Keras symbol ``symbol``; symbols without an entry build tensors."""
    found = _EXACT.get(symbol)
    if found is not None:
        return found
    last = symbol.rpartition(".")[2]
    if symbol.startswith(("tf.train.", "tf.contrib.opt.")) and last.endswith("Optimizer") and last != "Optimizer":
        return OPTIMIZER
    if last.endswith(("_initializer", "Initializer")) and not symbol.startswith("tf.contrib."):
        return HOST
    for prefix, found in _PREFIX:
        if symbol.startswith(prefix):
            return found
    return TENSOR


# Functions that return a list or tuple of dense tensors, by the last part of their names.
SEVERAL_TENSORS = frozenset(
    {
        "eigh", "lu", "listdiff", "max_pool_with_argmax", "meshgrid", "moments", "normalize_moments", "qr",
        "self_adjoint_eig", "setdiff1d", "shape_n", "split", "sufficient_statistics", "svd", "top_k", "unique",
        "unique_with_counts", "unpack", "unstack", "weighted_moments",
    }
)  # fmt: skip

# Methods of variables that return a tensor after an update.
ASSIGN_METHODS = frozenset(
    {
        "assign", "assign_add", "assign_sub", "scatter_add", "scatter_sub", "scatter_update", "scatter_nd_add",
        "scatter_nd_sub", "scatter_nd_update", "count_up_to",
    }
)  # fmt: skip
