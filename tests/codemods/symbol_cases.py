"""TF1 calls that are executed before and after the rewrite, on the same values."""

from __future__ import annotations

# What the cases may use. Runs as it is under TF1 and TF2.
SETUP = """
import numpy as np
rng = np.random.RandomState(0)
x = tf.constant(rng.randn(4, 6), tf.float32)
y = tf.constant(rng.randn(4, 6), tf.float32)
w = tf.constant(rng.randn(6, 3), tf.float32)
b = tf.constant(rng.randn(3), tf.float32)
p = tf.constant(rng.uniform(0.1, 0.9, (4, 6)), tf.float32)
i = tf.constant(rng.randint(-9, 9, (4, 6)), tf.int32)
j = tf.constant(rng.randint(1, 5, (4, 6)), tf.int32)
labels = tf.constant(np.eye(6)[[0, 3, 5, 1]], tf.float32)
classes = tf.constant([0, 3, 5, 1], tf.int32)
image = tf.constant(rng.rand(2, 8, 8, 3), tf.float32)
volume = tf.constant(rng.rand(1, 4, 4, 4, 2), tf.float32)
sequence = tf.constant(rng.rand(2, 8, 3), tf.float32)
kernel = tf.constant(rng.randn(3, 3, 3, 4), tf.float32)
kernel1 = tf.constant(rng.randn(3, 3, 4), tf.float32)
kernel3 = tf.constant(rng.randn(2, 2, 2, 2, 3), tf.float32)
depthwise = tf.constant(rng.randn(3, 3, 3, 2), tf.float32)
pointwise = tf.constant(rng.randn(1, 1, 6, 5), tf.float32)
square = tf.constant(rng.randn(3, 3) + 4 * np.eye(3), tf.float32)
vector = tf.constant([True, False, True, False])
sparse = tf.SparseTensor([[0, 1], [1, 0], [2, 2]], [1.0, 2.0, 3.0], [3, 3])
words = tf.constant(["one two", "three", "four  five six"])
ids = tf.constant([2, 0, 3], tf.int64)
weights = tf.constant(rng.randn(3, 6), tf.float32)
hidden = tf.constant(rng.randn(4, 3), tf.float32)
table = tf.constant(rng.randn(6, 3), tf.float32)
targets = tf.constant([[1], [3], [5], [1]], tf.int64)
sampled = (tf.constant([0, 2, 4], tf.int64), tf.ones([4, 1]), tf.ones([3]))
times = tf.constant(rng.randn(5, 2, 4), tf.float32)
""".strip()

EXACT = 0.0
ROUNDING = 2e-6  # graph and eager kernels may be fused differently: up to 2.4e-7 for results near one

CASES: tuple[tuple[str, float], ...] = (
    *(
        (case, EXACT)
        for case in (
            # renamed
            "tf.log(p)",
            "tf.ceil(x)",
            "tf.rsqrt(p)",
            "tf.lgamma(p)",
            "tf.is_nan(x)",
            "tf.mod(i, j)",
            "tf.floormod(i, j)",
            "tf.floor_div(i, j)",
            "tf.floordiv(x, y)",
            "tf.diag(b)",
            "tf.diag_part(square)",
            "tf.matrix_diag(x)",
            "tf.matrix_diag_part(square)",
            "tf.matrix_band_part(square, 0, -1)",
            "tf.lin_space(0.0, 1.0, 7)",
            "tf.segment_sum(x, [0, 0, 1, 2])",
            "tf.unsorted_segment_sum(x, [0, 0, 1, 2], 3)",
            "tf.unsorted_segment_mean(x, [0, 0, 1, 2], 3)",
            "tf.invert_permutation([2, 0, 1])",
            "tf.squared_difference(x, y)",
            "tf.div_no_nan(x, y)",
            "tf.logical_xor(x > 0, y > 0)",
            "tf.reciprocal(p)",
            "tf.real(tf.complex(x, y))",
            "tf.angle(tf.complex(x, y))",
            "tf.global_norm([x, y])",
            "tf.accumulate_n([x, y])",
            "tf.cumprod(x, axis=1, exclusive=True)",
            "tf.svd(square, compute_uv=False)",
            "tf.self_adjoint_eigvals(square + tf.transpose(square))",
            "tf.string_join(['a', 'b'], separator='-')",
            "tf.string_to_number(['1', '2.5'])",
            "tf.string_to_hash_bucket_fast(['a', 'b'], 7)",
            "tf.string_to_hash_bucket(['a', 'b'], 7)",
            "tf.substr(['hello'], 1, 3)",
            "tf.regex_replace(['hello'], 'l', 'L')",
            "tf.reduce_join([['a', 'b'], ['c', 'd']], 1)",
            "tf.reduce_join([['a', 'b'], ['c', 'd']], reduction_indices=[0, 1], keep_dims=True)",
            "tf.decode_raw(tf.constant(['ab']), tf.uint8)",
            "tf.decode_raw(bytes=tf.constant(['ab']), out_type=tf.uint8)",
            "tf.decode_csv(tf.constant(['1,2']), [[0.0], [0]])",
            "tf.sparse_tensor_to_dense(sparse)",
            "tf.sparse_reorder(sparse)",
            "tf.space_to_depth(image, 2)",
            "tf.depth_to_space(tf.tile(image, [1, 1, 1, 4]), 2)",
        )
    ),
    *(
        (case, EXACT)
        for case in (
            # arguments renamed, reordered, dropped
            "tf.reduce_max(x, reduction_indices=1, keep_dims=True)",
            "tf.reduce_any(x > 0, [0], True)",
            "tf.argmax(x, dimension=1)",
            "tf.argmax(x, 1, 'name')",
            "tf.argmin(x, 1, output_type=tf.int32)",
            "tf.arg_max(x, dimension=0)",
            "tf.expand_dims(x, dim=-1)",
            "tf.squeeze(tf.expand_dims(x, 0), squeeze_dims=[0])",
            "tf.squeeze(tf.expand_dims(x, 0), [0], 'name')",
            "tf.concat([x, y], 1)",
            "tf.split(x, 2, 1)",
            "tf.reverse(x, [1])",
            "tf.transpose(x, [1, 0], 'name')",
            "tf.pad(x, [[1, 1], [0, 0]], 'CONSTANT', 'name', 1.0)",
            "tf.gather(x, [1, 0], None, 'name', 1)",
            "tf.gather_nd(x, [[1, 0]], 'name')",
            "tf.batch_gather(x, [[0, 1], [1, 2], [0, 0], [3, 3]])",
            "tf.boolean_mask(x, vector, 'name')",
            "tf.shape(x, 'name', tf.int64)",
            "tf.size(x, 'name', tf.int64)",
            "tf.ones_like(x, tf.int32, 'name', False)",
            "tf.zeros_like(tensor=x, optimize=True)",
            "tf.reverse_sequence(x, [1, 2, 3, 4], seq_dim=1, batch_dim=0)",
            "tf.batch_to_space(tf.tile(image, [2, 1, 1, 1]), [[0, 0], [0, 0]], 2)",
            "tf.space_to_batch(image, [[0, 0], [0, 0]], block_size=2)",
            "tf.confusion_matrix(classes, [0, 3, 4, 1], 6, tf.int64)",
            "tf.count_nonzero(i, 1)",
            "tf.count_nonzero(i, reduction_indices=[0], dtype=tf.int32)",
            "tf.bincount(j)",
            "tf.nn.in_top_k(x, classes, 2)",
            "tf.nn.crelu(x, 'name')",
            "tf.constant(3.0, tf.float32, [2], 'name', False)",
            "tf.convert_to_tensor([1], preferred_dtype=tf.int64)",
            "tf.sparse_add(sparse, sparse, thresh=0.0)",
            "tf.sparse_concat(1, [sparse, sparse])",
            "tf.sparse_reduce_sum(sparse, reduction_axes=1, keep_dims=True)",
            "tf.sparse_reduce_sum_sparse(sparse, 1)",
            "tf.sparse_split(sp_input=sparse, num_split=3, axis=1)",
            "tf.sparse_segment_sum(x, [0, 2], [0, 0], 'name', 2)",
            "tf.sparse_to_dense([0, 2], [4], [1.0, 2.0])",
            "tf.sparse_to_dense([0, 2], [4], [1.0, 2.0], default_value=-1.0, validate_indices=False)",
            "tf.setdiff1d([1, 2, 3], [2])",
            "tf.extract_image_patches(image, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'VALID')",
            "tf.parse_single_example(tf.constant(b''), {'a': tf.VarLenFeature(tf.int64)})['a']",
            "tf.image.draw_bounding_boxes(image, [[[0.1, 0.1, 0.5, 0.5]]] * 2)",
            "tf.image.crop_and_resize(image, [[0.0, 0.0, 1.0, 1.0]], box_ind=[0], crop_size=[4, 4])",
            "tf.image.resize_bilinear(image, [4, 5])",
            "tf.image.resize_bilinear(image, [5, 3], True)",
            "tf.image.resize_nearest_neighbor(image, size=[3, 3])",
            "tf.image.resize_area(image, [4, 4])",
            "tf.image.resize_image_with_crop_or_pad(image, 6, 10)",
            "tf.py_func(lambda v: v + 1, [x], tf.float32)",
            "tf.map_fn(lambda v: tf.reduce_sum(v), x)",
            "tf.map_fn(lambda v: tf.to_int32(tf.reduce_sum(v)), x, dtype=tf.int32)",
            "tf.multiply(x, y)",
            # values and other kernels
            "tf.to_float(i)",
            "tf.to_int32(x, name='name')",
            "tf.to_int64(x)",
            "tf.to_double(x)",
            "tf.div(x, 3.0)",
            "tf.div(tf.constant([7, -7]), tf.constant([2, 2]))",
            "tf.where(x > 0, x, -x)",
            "tf.where(vector, x, y)",
            "tf.where(x > y, x, y)",
            "tf.where(x > 0)",
            "tf.string_split(words)",
            "tf.string_split(words, 'o', skip_empty=False)",
            "tf.strings.split(words)",
            "tf.strings.split(words, sep=' ', result_type='RaggedTensor').flat_values",
            "tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1, lambda: tf.negative(x))",
            "tf.cond(tf.reduce_sum(x) > 0, fn1=lambda: (x, y), fn2=lambda: (y, x))",
            "tf.while_loop(lambda k: k < 5, lambda k: k + 1, [0])",
            "tf.while_loop(lambda k, v: k < 5, lambda k, v: (k + 1, v * 2), [0, x], back_prop=False)",
            "tf.while_loop(lambda k: k < 5, lambda k: [k + 1], (tf.constant(0),), return_same_structure=True)",
            "tf.nn.dropout(x, 1.0)",
            "tf.nn.dropout(x, keep_prob=tf.constant(1.0))",
            "tf.constant_initializer(3.0)(shape=[2, 2])",
            "tf.zeros_initializer()(shape=[2])",
            "tf.ones_initializer(dtype=tf.float32)(shape=[2])",
            "tf.image.transpose_image(image)",
            "tf.assert_equal(x, x)",
            "tf.assert_less(i, 100, message='message')",
            "tf.assert_rank(x, 2, None, 3, 'message')",
            "tf.Print(x, [x], summarize=0)",
            "tf.reduce_all(x > 0, 1, keep_dims=True)",
            "tf.reduce_prod(j, reduction_indices=[0])",
            "tf.reduce_min(i, 0)",
            "tf.matrix_set_diag(square, b)",
            "tf.image.resize_bicubic(image, [5, 3])",
            "tf.nn.space_to_batch(image, [[0, 0], [0, 0]], 2)",
            "tf.nn.space_to_depth(image, 2, 'name')",
            "tf.nn.top_k(x, 2, True)",
            "tf.nn.embedding_lookup_sparse(table, tf.cast(sparse, tf.int64), None, combiner='sum')",
            "tf.sparse_reduce_max(sparse, 1, True)",
            "tf.sparse_reduce_max_sparse(sparse, reduction_axes=[0])",
            "tf.sparse_segment_mean(x, [0, 2], [0, 1], 'name')",
            "tf.sparse_segment_sqrt_n(x, [0, 2], [0, 0])",
            "tf.serialize_sparse(sparse, 'name')",
            "tf.strings.length(words, 'name')",
            "tf.strings.substr(words, 0, 2, 'name')",
            "tf.strings.to_number(string_tensor=['1'], out_type=tf.int32)",
            "tf.scatter_nd([[1], [3]], [5.0, 6.0], [5], name='name')",
            "tf.tensor_scatter_add(b, [[1]], [2.0])",
            "tf.quantize_v2(x, -3.0, 3.0, tf.quint8, 'MIN_FIRST')[1]",
            "tf.to_complex64(x)",
            "tf.tuple([x, y], 'name')",
            "tf.case([(tf.reduce_sum(x) > 0, lambda: x)], default=lambda: y)",
            "tf.nn.embedding_lookup(x, ids, 'mod')",
            "tf.nn.embedding_lookup([x], ids, partition_strategy='div', validate_indices=False)",
        )
    ),
    *(
        (case, ROUNDING)
        for case in (
            "tf.erf(x)",
            "tf.digamma(p)",
            "tf.cholesky(tf.matmul(square, square, transpose_b=True))",
            "tf.matrix_inverse(square)",
            "tf.matrix_determinant(square)",
            "tf.matrix_solve(square, square)",
            "tf.matrix_solve_ls(square, square)",
            "tf.matrix_triangular_solve(square, square)",
            "tf.log_sigmoid(x)",
            "tf.reduce_sum(x, reduction_indices=1, keep_dims=True)",
            "tf.reduce_mean(x, [0], keep_dims=False)",
            "tf.reduce_logsumexp(x, 1, True)",
            "tf.norm(x, 2, 1, True, 'name')",
            "tf.norm(x, axis=1, keep_dims=True)",
            "tf.nn.softmax(x, dim=0)",
            "tf.nn.log_softmax(x, dim=-1)",
            "tf.nn.l2_normalize(x, dim=1)",
            "tf.nn.l2_normalize(x, 1, epsilon=1e-6)",
            "tf.nn.moments(x, [0], keep_dims=True)",
            "tf.nn.moments(x, [0], None, 'name', True)",
            "tf.nn.weighted_moments(x, [0], p, keep_dims=True)",
            "tf.nn.sufficient_statistics(x, [0], keep_dims=True)[2]",
            "tf.nn.conv2d(image, kernel, [1, 1, 1, 1], 'SAME', True, name='name')",
            "tf.nn.conv2d(image, filter=kernel, strides=[1, 2, 2, 1], padding='VALID', use_cudnn_on_gpu=False)",
            "tf.nn.conv1d(value=sequence, filters=kernel1, stride=2, padding='SAME')",
            "tf.nn.conv1d(sequence, kernel1, 1, 'VALID', True)",
            "tf.nn.conv3d(volume, kernel3, [1, 1, 1, 1, 1], 'SAME')",
            "tf.nn.conv2d_transpose(image, tf.transpose(kernel, [0, 1, 3, 2]), [2, 16, 16, 4], [1, 2, 2, 1])",
            "tf.nn.convolution(image, kernel, 'SAME', dilation_rate=[2, 2])",
            "tf.nn.depthwise_conv2d(image, depthwise, [1, 1, 1, 1], 'SAME', rate=[1, 1])",
            "tf.nn.depthwise_conv2d_native(image, depthwise, [1, 1, 1, 1], 'VALID')",
            "tf.nn.separable_conv2d(image, depthwise, pointwise, [1, 1, 1, 1], 'SAME', rate=[1, 1])",
            "tf.nn.dilation2d(image, tf.ones([2, 2, 3]), [1, 1, 1, 1], [1, 1, 1, 1], 'SAME')",
            "tf.nn.erosion2d(image, tf.ones([2, 2, 3]), [1, 1, 1, 1], [1, 1, 1, 1], 'SAME')",
            "tf.nn.max_pool(value=image, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')",
            "tf.nn.avg_pool(image, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID')",
            "tf.nn.pool(image, [2, 2], 'MAX', 'SAME', strides=[2, 2])",
            "tf.nn.max_pool_with_argmax(image, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME', Targmax=tf.int64)",
            "tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=labels)",
            "tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=x, dim=0)",
            "tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=x, dim=-1)",
            "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=x)",
            "tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=x)",
            "tf.nn.weighted_cross_entropy_with_logits(targets=labels, logits=x, pos_weight=2.0)",
            "tf.nn.batch_norm_with_global_normalization(image, b, b * b, b, b, 1e-3, True)",
            "tf.nn.xw_plus_b(x, w, b, name='name')",
            "tf.nn.relu_layer(x, w, b)",
            "tf.nn.ctc_loss(tf.SparseTensor([[0, 0], [1, 0], [1, 1]], [0, 1, 2], [2, 2]), times, [5, 4])",
            "tf.spectral.dct(x, norm='ortho')",
            "tf.sparse_matmul(square, square, transpose_a=True, b_is_sparse=True)",
            "tf.nn.conv3d_transpose(volume, tf.transpose(kernel3, [0, 1, 2, 4, 3]), [1, 4, 4, 4, 3], [1, 1, 1, 1, 1])",
            "tf.nn.ctc_beam_search_decoder(times, [5, 4], 3, 2, merge_repeated=False)[1]",
            "tf.nn.nce_loss(table, tf.zeros([6]), targets, hidden, 3, 6, 1, sampled, False, 'div')",
            "tf.nn.nce_loss(weights=table, biases=tf.zeros([6]), labels=targets, inputs=hidden, num_sampled=3,"
            " num_classes=6, sampled_values=sampled)",
            "tf.nn.sampled_softmax_loss(table, tf.zeros([6]), targets, hidden, 3, 6, sampled_values=sampled,"
            " partition_strategy='mod')",
            "tf.verify_tensor_all_finite(x, 'message')",
            "tf.scan(lambda total, v: total + v, x, initializer=tf.zeros([6]))",
            "tf.foldl(lambda total, v: total + v, x)",
        )
    ),
)

# Calls of TF 0.x, which nothing installed can run, and the TF1 calls that they must equal.
OLD_CASES: tuple[tuple[str, str], ...] = (
    ("tf.mul(x, y)", "tf.multiply(x, y)"),
    ("tf.sub(x, y)", "tf.subtract(x, y)"),
    ("tf.neg(x)", "tf.negative(x)"),
    ("tf.inv(x)", "tf.math.reciprocal(x)"),
    ("tf.pack([x, y])", "tf.stack([x, y])"),
    ("tf.unpack(x, axis=1)", "tf.unstack(x, axis=1)"),
    ("tf.concat(0, [x, y])", "tf.concat([x, y], 0)"),
    ("tf.concat(concat_dim=1, values=[x, y])", "tf.concat(axis=1, values=[x, y])"),
    ("tf.concat(axis, [x, y])", "tf.concat([x, y], axis)"),
    ("tf.split(1, 3, x)", "tf.split(x, 3, 1)"),
    ("tf.split(split_dim=1, num_split=3, value=x)", "tf.split(axis=1, num_or_size_splits=3, value=x)"),
    ("tf.reverse(x, [False, True])", "tf.reverse(x, [1])"),
    ("tf.batch_matmul(x, y, adj_y=True)", "tf.matmul(x, y, adjoint_b=True)"),
    ("tf.select(x > 0, x, y)", "tf.where(x > 0, x, y)"),
    ("tf.complex_abs(x)", "tf.abs(x)"),
    (
        "tf.nn.sigmoid_cross_entropy_with_logits(x, y)",
        "tf.nn.sigmoid_cross_entropy_with_logits(logits=x, labels=y)",
    ),
    (
        "tf.nn.sparse_softmax_cross_entropy_with_logits(x, y, name='n')",
        "tf.nn.sparse_softmax_cross_entropy_with_logits(logits=x, labels=y, name='n')",
    ),
    (
        "tf.nn.softmax_cross_entropy_with_logits(x, y)",
        "tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=tf.stop_gradient(y))",
    ),
)

GRADIENT_CASES: tuple[tuple[str, str], ...] = (
    ("tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=p)", "x"),
    ("tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=p)", "p"),
    ("tf.nn.softmax_cross_entropy_with_logits_v2(logits=x, labels=p)", "p"),
    ("tf.nn.sigmoid_cross_entropy_with_logits(logits=x, labels=p)", "p"),
    ("tf.where(vector, x, y)", "x"),
    ("tf.where(x > y, x, y)", "y"),
    ("tf.image.resize_bilinear(image, [4, 5])", "image"),
    ("tf.nn.ctc_loss(tf.SparseTensor([[0, 0], [1, 0], [1, 1]], [0, 1, 2], [2, 2]), times, [5, 4])", "times"),
)

RANDOM_CASES: tuple[str, ...] = (
    "tf.random_normal([200, 50], 1.0, 2.0)",
    "tf.truncated_normal([200, 50], stddev=0.5)",
    "tf.random_uniform([200, 50], -1, 1)",
    "tf.random_uniform([200, 50], 0, 10, tf.int32)",
    "tf.random_gamma([10000], 3.0)",
    "tf.random_poisson(3.0, [10000])",
    "tf.multinomial(tf.zeros([1, 4]), 10000)",
    "tf.multinomial(tf.zeros([1, 4]), 10000, 3, 'name', tf.int32)",
    "tf.nn.dropout(tf.ones([100, 100]), 0.3)",
    "tf.nn.dropout(tf.ones([100, 100]), keep_prob=tf.constant(0.7), noise_shape=[100, 100])",
    "tf.nn.dropout(tf.ones([100, 100]), rate=0.7)",
    "tf.random_normal_initializer()(shape=[200, 50])",
    "tf.random_normal_initializer(mean=1.0, seed=3)(shape=[200, 50])",
    "tf.random_uniform_initializer()(shape=[200, 50])",
    "tf.random_uniform_initializer(-3.0, 3.0)(shape=[200, 50])",
    "tf.Variable(tf.glorot_uniform_initializer()(shape=[200, 50]))",
    "tf.Variable(tf.glorot_normal_initializer()(shape=[200, 50]))",
    "tf.Variable(tf.truncated_normal_initializer()(shape=[200, 50]))",
    "tf.Variable(tf.truncated_normal_initializer(1.0, 0.1, dtype=tf.float32)(shape=[200, 50]))",
    "tf.Variable(tf.variance_scaling_initializer()(shape=[200, 50]))",
    "tf.Variable(tf.variance_scaling_initializer(2.0, 'fan_out', 'uniform')(shape=[200, 50]))",
    "tf.Variable(tf.variance_scaling_initializer(distribution='untruncated_normal')(shape=[200, 50]))",
    "tf.Variable(tf.variance_scaling_initializer(distribution='normal')(shape=[200, 50]))",
    "tf.Variable(tf.orthogonal_initializer()(shape=[200, 50]))",
    "tf.Variable(tf.initializers.he_normal()(shape=[200, 50]))",
    "tf.Variable(tf.initializers.he_uniform()(shape=[200, 50]))",
    "tf.Variable(tf.initializers.lecun_normal()(shape=[200, 50]))",
    "tf.Variable(tf.initializers.identity(gain=2.0)(shape=[20, 20]))",
    "tf.random_crop(tf.ones([100, 100]), [10, 10])",
    "tf.random_shuffle(tf.range(100))",
)
