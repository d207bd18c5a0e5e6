"""The pinned twins of TensorFlow's random kernels, with the signatures of the generated op modules.

Each twin draws with TensorFlow's own stateless kernel, so dynamic shapes, gradients and devices work as ever, and a
Session and a tf.function get the same bits. Candidate samplers, which have no stateless kernel, are built from
stateless uniform numbers here.

Runs under a real TensorFlow 1.x too (Python 3.5 syntax; annotations are strings).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def random_ops(draw_seed: "Callable[[], Any]") -> "dict[str, Any]":
    """Replacements for ``gen_random_ops`` by name, None where this TensorFlow has no stateless kernel.

    ``draw_seed()`` gives the seed pair of one draw.
    The arguments ``seed`` and ``seed2`` are accepted and ignored.
    """
    import tensorflow as tf

    stateless, draw_seed = _stateless_kernels(draw_seed)

    def random_standard_normal(shape, dtype, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        return stateless.stateless_random_normal(shape, draw_seed(), dtype=dtype, name=name)

    def random_uniform(shape, dtype, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        return stateless.stateless_random_uniform(shape, draw_seed(), dtype=dtype, name=name)

    def truncated_normal(shape, dtype, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        return stateless.stateless_truncated_normal(shape, draw_seed(), dtype=dtype, name=name)

    def random_uniform_int(shape, minval, maxval, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        return stateless.stateless_random_uniform_int(shape, draw_seed(), minval, maxval, name=name)

    def multinomial(logits, num_samples, seed=0, seed2=0, output_dtype=tf.int64, name=None):  # type: ignore[no-untyped-def]
        return stateless.stateless_multinomial(logits, num_samples, draw_seed(), output_dtype=output_dtype, name=name)

    def random_shuffle(value, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        value = tf.convert_to_tensor(value)
        size = tf.shape(value)[0]
        _, order = tf.nn.top_k(stateless.stateless_random_uniform([size], draw_seed()), k=size)
        shuffled = tf.gather(value, order)
        shuffled.set_shape(value.shape)
        return tf.identity(shuffled, name=name)

    def random_gamma(shape, alpha, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        alpha = tf.convert_to_tensor(alpha)
        return stateless.stateless_random_gamma_v2(_outer(tf, shape, alpha), draw_seed(), alpha, name=name)

    def random_poisson_v2(shape, rate, seed=0, seed2=0, dtype=tf.int64, name=None):  # type: ignore[no-untyped-def]
        rate = tf.convert_to_tensor(rate)
        return stateless.stateless_random_poisson(_outer(tf, shape, rate), draw_seed(), rate, dtype=dtype, name=name)

    def parameterized_truncated_normal(shape, means, stdevs, minvals, maxvals, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        return stateless.stateless_parameterized_truncated_normal(
            shape, draw_seed(), means, stdevs, minvals, maxvals, name=name
        )

    twins = {
        random_standard_normal: "stateless_random_normal",
        random_uniform: "stateless_random_uniform",
        truncated_normal: "stateless_truncated_normal",
        random_uniform_int: "stateless_random_uniform_int",
        multinomial: "stateless_multinomial",
        random_shuffle: "stateless_random_uniform",
        random_gamma: "stateless_random_gamma_v2",
        random_poisson_v2: "stateless_random_poisson",
        parameterized_truncated_normal: "stateless_parameterized_truncated_normal",
    }
    return {twin.__name__: twin if hasattr(stateless, kernel) else None for twin, kernel in twins.items()}


def _stateless_kernels(draw_seed: "Callable[[], Any]") -> "tuple[Any, Callable[[], Any]]":
    """The module of the stateless kernels, and the seeds as they take them.

    Old versions of TF 1.x have fewer kernels, whose numbers are the same. Raises ImportError where there are none.
    """
    try:
        from tensorflow.python.ops import gen_stateless_random_ops

        return gen_stateless_random_ops, draw_seed
    except ImportError:  # before TF 1.12
        import tensorflow as tf
        from tensorflow.contrib.stateless import gen_stateless_random_ops

        return gen_stateless_random_ops, lambda: tf.cast(draw_seed(), tf.int64)


def _outer(tf: "Any", shape: "Any", parameter: "Any") -> "Any":
    """The result shape of ops whose ``shape`` leaves out the shape of the distribution's parameter."""
    return tf.concat([tf.cast(shape, tf.int32), tf.shape(parameter)], 0)


def image_ops(draw_seed: "Callable[[], Any]") -> "dict[str, Any]":
    """Replacements for ``gen_image_ops`` by name; none in TF 1.x, which has no stateless kernel for them."""
    from tensorflow.python.ops import gen_image_ops

    if not hasattr(gen_image_ops, "stateless_sample_distorted_bounding_box"):
        return {}

    def sample_distorted_bounding_box_v2(  # type: ignore[no-untyped-def]
        image_size, bounding_boxes, min_object_covered, seed=0, seed2=0, **options
    ):
        return gen_image_ops.stateless_sample_distorted_bounding_box(
            image_size, bounding_boxes, min_object_covered, draw_seed(), **options
        )

    return {"sample_distorted_bounding_box_v2": sample_distorted_bounding_box_v2}


def queues() -> "dict[str, Any]":
    """Replacements for ``gen_data_flow_ops`` by name: queues that keep the order."""
    from tensorflow.python.ops import gen_data_flow_ops

    def random_shuffle_queue_v2(component_types, min_after_dequeue=0, seed=0, seed2=0, **options):  # type: ignore[no-untyped-def]
        return gen_data_flow_ops.fifo_queue_v2(component_types, **options)

    return {"random_shuffle_queue_v2": random_shuffle_queue_v2}


def candidate_samplers(draw_seed: "Callable[[], Any]") -> "dict[str, Any]":
    """Replacements for ``gen_candidate_sampling_ops`` by name.

    Unique samples are drawn without replacement (Gumbel top-k), others independently, from TensorFlow's documented
    distributions; expected counts follow the documented formulas. The learned unigram sampler starts uniform, as
    TensorFlow's does before it has learned anything, and stays so.
    """
    import tensorflow as tf
    from tensorflow.python.ops import math_ops

    stateless, draw_seed = _stateless_kernels(draw_seed)

    def sample(true_classes: "Any", num_sampled: "int", unique: "bool", probabilities: "Any", name: "Any") -> "Any":
        log_p = tf.constant(np.log(probabilities), tf.float32)
        p = tf.constant(probabilities, tf.float32)
        if unique:
            noise = stateless.stateless_random_uniform([len(probabilities)], draw_seed())
            gumbel = -math_ops.log(-math_ops.log(tf.clip_by_value(noise, 1e-30, 1.0 - 1e-7)))
            _, sampled = tf.nn.top_k(log_p + gumbel, k=num_sampled)
            sampled = tf.cast(sampled, tf.int64)
        else:
            noise = stateless.stateless_random_uniform([num_sampled, 1], draw_seed())
            below = tf.constant(np.cumsum(probabilities)[:-1], tf.float32) <= noise
            sampled = tf.reduce_sum(tf.cast(below, tf.int64), 1)
        sampled = tf.reshape(sampled, [num_sampled], name=name)

        def expected(ids: "Any") -> "Any":
            each = tf.gather(p, ids)
            if unique:
                return -math_ops.expm1(num_sampled * math_ops.log1p(-each))
            return each * num_sampled

        return sampled, expected(tf.cast(true_classes, tf.int64)), expected(sampled)

    def uniform_candidate_sampler(  # type: ignore[no-untyped-def]
        true_classes, num_true, num_sampled, unique, range_max, seed=0, seed2=0, name=None
    ):
        return sample(true_classes, num_sampled, unique, np.full(range_max, 1.0 / range_max), name)

    def log_uniform_candidate_sampler(  # type: ignore[no-untyped-def]
        true_classes, num_true, num_sampled, unique, range_max, seed=0, seed2=0, name=None
    ):
        ids = np.arange(range_max)
        return sample(
            true_classes, num_sampled, unique, np.log((ids + 2.0) / (ids + 1.0)) / math.log(range_max + 1), name
        )

    def fixed_unigram_candidate_sampler(  # type: ignore[no-untyped-def]
        true_classes,
        num_true,
        num_sampled,
        unique,
        range_max,
        vocab_file="",
        distortion=1.0,
        num_reserved_ids=0,
        num_shards=1,
        shard=0,
        unigrams=(),
        seed=0,
        seed2=0,
        name=None,
    ):
        if vocab_file or num_shards != 1:
            raise NotImplementedError("fixed_unigram_candidate_sampler with vocab_file or shards cannot be pinned")
        weights = np.zeros(range_max)
        weights[num_reserved_ids : num_reserved_ids + len(unigrams)] = np.power(np.asarray(unigrams), distortion)
        return sample(true_classes, num_sampled, unique, np.maximum(weights / weights.sum(), 1e-38), name)

    def all_candidate_sampler(true_classes, num_true, num_sampled, unique, seed=0, seed2=0, name=None):  # type: ignore[no-untyped-def]
        ids = tf.range(num_sampled, dtype=tf.int64, name=name)
        return ids, tf.ones_like(true_classes, dtype=tf.float32), tf.ones([num_sampled], tf.float32)

    return {
        "uniform_candidate_sampler": uniform_candidate_sampler,
        "log_uniform_candidate_sampler": log_uniform_candidate_sampler,
        "learned_unigram_candidate_sampler": uniform_candidate_sampler,
        "thread_unsafe_unigram_candidate_sampler": uniform_candidate_sampler,
        "fixed_unigram_candidate_sampler": fixed_unigram_candidate_sampler,
        "all_candidate_sampler": all_candidate_sampler,
    }
