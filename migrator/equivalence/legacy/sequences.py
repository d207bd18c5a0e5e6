"""The parts of ``tf.contrib.rnn``, ``seq2seq``, ``legacy_seq2seq`` and ``crf`` that TensorFlow 2 no longer has.

Written from the documented behaviour; variable names and scopes are those of TensorFlow 1.
"""

from __future__ import annotations

from typing import Any


def rnn(v1: Any) -> dict[str, Any]:
    """Functions of ``tf.contrib.rnn`` beside the cells and loops that ``tf.nn`` has."""

    def stack_bidirectional_dynamic_rnn(
        cells_fw: Any,
        cells_bw: Any,
        inputs: Any,
        initial_states_fw: Any = None,
        initial_states_bw: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        parallel_iterations: Any = None,
        time_major: bool = False,
        scope: Any = None,
    ) -> Any:
        """Several bidirectional layers, each fed with the joined outputs of the one below."""
        states_fw, states_bw, layer = [], [], inputs
        with v1.variable_scope(scope or "stack_bidirectional_rnn"):
            for index, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
                with v1.variable_scope(f"cell_{index}"):
                    outputs, (state_fw, state_bw) = v1.nn.bidirectional_dynamic_rnn(
                        cell_fw,
                        cell_bw,
                        layer,
                        initial_state_fw=initial_states_fw[index] if initial_states_fw else None,
                        initial_state_bw=initial_states_bw[index] if initial_states_bw else None,
                        sequence_length=sequence_length,
                        parallel_iterations=parallel_iterations,
                        dtype=dtype,
                        time_major=time_major,
                    )
                    layer = v1.concat(outputs, 2)
                states_fw.append(state_fw)
                states_bw.append(state_bw)
        return layer, tuple(states_fw), tuple(states_bw)

    # What AutoGraph converts passes for the program's own code, to which its random numbers would belong then.
    plain = v1.autograph.experimental.do_not_convert

    class _Projection(v1.nn.rnn_cell.RNNCell):  # type: ignore[misc]
        """A cell with a linear layer, made at its first use, before or behind it."""

        def __init__(self, cell: Any, size: int, activation: Any, reuse: Any) -> None:
            super().__init__(_reuse=reuse)
            self._cell = cell
            self._size = size
            self._activation = activation
            self._weights: tuple[Any, Any] | None = None

        state_size = property(lambda self: self._cell.state_size)
        output_size = property(lambda self: self._cell.output_size)

        def zero_state(self, batch_size: Any, dtype: Any) -> Any:
            return self._cell.zero_state(batch_size, dtype)

        def _project(self, values: Any) -> Any:
            if self._weights is None:
                kernel = v1.get_variable("kernel", [values.shape[-1].value, self._size], values.dtype)
                bias = v1.get_variable("bias", [self._size], values.dtype, v1.zeros_initializer(values.dtype))
                self._weights = kernel, bias
            projected = v1.nn.bias_add(v1.matmul(values, self._weights[0]), self._weights[1])
            return projected if self._activation is None else self._activation(projected)

    class OutputProjectionWrapper(_Projection):
        def __init__(self, cell: Any, output_size: int, activation: Any = None, reuse: Any = None) -> None:
            super().__init__(cell, output_size, activation, reuse)

        output_size = property(lambda self: self._size)

        @plain  # type: ignore[untyped-decorator]
        def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
            output, state = self._cell(inputs, state)
            return self._project(output), state

    class InputProjectionWrapper(_Projection):
        def __init__(
            self, cell: Any, num_proj: int, activation: Any = None, input_size: Any = None, reuse: Any = None
        ) -> None:
            super().__init__(cell, num_proj, activation, reuse)

        @plain  # type: ignore[untyped-decorator]
        def call(self, inputs: Any, state: Any) -> Any:
            return self._cell(self._project(inputs), state)

    return {
        "stack_bidirectional_dynamic_rnn": stack_bidirectional_dynamic_rnn,
        "OutputProjectionWrapper": OutputProjectionWrapper,
        "InputProjectionWrapper": InputProjectionWrapper,
    }


def legacy_seq2seq(v1: Any) -> dict[str, Any]:
    """The loops and losses of ``tf.contrib.legacy_seq2seq``."""

    def rnn_decoder(
        decoder_inputs: Any, initial_state: Any, cell: Any, loop_function: Any = None, scope: Any = None
    ) -> Any:
        """One cell over a list of [batch, features]; ``loop_function(output, i)`` makes the next input."""
        with v1.variable_scope(scope or "rnn_decoder"):
            state, outputs, previous = initial_state, [], None
            for index, step in enumerate(decoder_inputs):
                if loop_function is not None and previous is not None:
                    with v1.variable_scope("loop_function", reuse=True):
                        step = loop_function(previous, index)
                if index > 0:
                    v1.get_variable_scope().reuse_variables()
                output, state = cell(step, state)
                outputs.append(output)
                if loop_function is not None:
                    previous = output
        return outputs, state

    def basic_rnn_seq2seq(
        encoder_inputs: Any, decoder_inputs: Any, cell: Any, dtype: Any = v1.float32, scope: Any = None
    ) -> Any:
        with v1.variable_scope(scope or "basic_rnn_seq2seq"):
            _, state = v1.nn.static_rnn(cell, encoder_inputs, dtype=dtype)
            return rnn_decoder(decoder_inputs, state, cell)

    def sequence_loss_by_example(
        logits: Any,
        targets: Any,
        weights: Any,
        average_across_timesteps: bool = True,
        softmax_loss_function: Any = None,
        name: Any = None,
    ) -> Any:
        """The weighted cross entropy of each example, from lists over time steps."""
        if len(targets) != len(logits) or len(weights) != len(logits):
            lengths = f"{len(logits)}, {len(weights)}, {len(targets)}"
            raise ValueError(f"Lengths of logits, weights, and targets must be the same {lengths}.")
        with v1.name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
            losses = []
            for logit, target, weight in zip(logits, targets, weights, strict=True):
                if softmax_loss_function is None:
                    target = v1.reshape(target, [-1])
                    loss = v1.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logit)
                else:
                    loss = softmax_loss_function(labels=target, logits=logit)
                losses.append(loss * weight)
            total = v1.add_n(losses)
            if average_across_timesteps:
                total /= v1.add_n(weights) + 1e-12
            return total

    def sequence_loss(
        logits: Any,
        targets: Any,
        weights: Any,
        average_across_timesteps: bool = True,
        average_across_batch: bool = True,
        softmax_loss_function: Any = None,
        name: Any = None,
    ) -> Any:
        """The weighted cross entropy, averaged over examples as asked."""
        with v1.name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
            cost = v1.reduce_sum(
                sequence_loss_by_example(logits, targets, weights, average_across_timesteps, softmax_loss_function)
            )
            if average_across_batch:
                return cost / v1.cast(v1.shape(targets[0])[0], cost.dtype)
            return cost

    return {
        "rnn_decoder": rnn_decoder,
        "basic_rnn_seq2seq": basic_rnn_seq2seq,
        "sequence_loss_by_example": sequence_loss_by_example,
        "sequence_loss": sequence_loss,
    }


def seq2seq(v1: Any) -> dict[str, Any]:
    """The loss of ``tf.contrib.seq2seq``; its decoders have no stand-in."""

    def sequence_loss(
        logits: Any,
        targets: Any,
        weights: Any,
        average_across_timesteps: bool = True,
        average_across_batch: bool = True,
        softmax_loss_function: Any = None,
        name: Any = None,
    ) -> Any:
        """Weighted cross entropy of logits [batch, time, classes], averaged as asked."""
        with v1.name_scope(name, "sequence_loss", [logits, targets, weights]):
            classes = v1.shape(logits)[2]
            flat_logits = v1.reshape(logits, [-1, classes])
            flat_targets = v1.reshape(targets, [-1])
            if softmax_loss_function is None:
                loss = v1.nn.sparse_softmax_cross_entropy_with_logits(labels=flat_targets, logits=flat_logits)
            else:
                loss = softmax_loss_function(labels=flat_targets, logits=flat_logits)
            loss *= v1.reshape(weights, [-1])
            if average_across_timesteps and average_across_batch:
                return v1.reduce_sum(loss) / (v1.reduce_sum(weights) + 1e-12)
            loss = v1.reshape(loss, v1.shape(logits)[0:2])
            axes = [axis for axis, average in ((0, average_across_batch), (1, average_across_timesteps)) if average]
            if not axes:
                return loss
            axis = axes[0]
            return v1.reduce_sum(loss, axis=[axis]) / (v1.reduce_sum(weights, axis=axis) + 1e-12)

    return {"sequence_loss": sequence_loss}


def crf(v1: Any) -> dict[str, Any]:
    """The linear-chain conditional random field of ``tf.contrib.crf``."""

    def _mask(lengths: Any, scores: Any) -> Any:
        return v1.cast(v1.sequence_mask(lengths, v1.shape(scores)[1]), scores.dtype)

    def crf_sequence_score(inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
        """The score of a tag sequence: its unary scores and its transitions."""
        mask = _mask(sequence_lengths, inputs)
        tags = v1.one_hot(tag_indices, v1.shape(inputs)[2], dtype=inputs.dtype)
        unary = v1.reduce_sum(v1.reduce_sum(inputs * tags, 2) * mask, 1)
        steps = v1.reduce_sum(v1.tensordot(tags[:, :-1], transition_params, 1) * tags[:, 1:], 2)
        return unary + v1.reduce_sum(steps * mask[:, 1:], 1)

    def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Any:
        """The logarithm of the sum of the exponentiated scores of all tag sequences."""
        mask = v1.transpose(_mask(sequence_lengths, inputs))[1:]

        def step(alphas: Any, now: Any) -> Any:
            scores, active = now
            grown = scores + v1.reduce_logsumexp(v1.expand_dims(alphas, 2) + transition_params, 1)
            active = v1.expand_dims(active, 1)
            return active * grown + (1 - active) * alphas

        by_time = v1.transpose(inputs, [1, 0, 2])
        alphas = v1.foldl(step, (by_time[1:], mask), initializer=by_time[0])
        return v1.reduce_logsumexp(alphas, 1)

    def crf_log_likelihood(
        inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
    ) -> tuple[Any, Any]:
        """The log-likelihood [batch] of tag sequences, and the transition matrix (a variable by default)."""
        if transition_params is None:
            tags = inputs.get_shape()[2].value
            transition_params = v1.get_variable("transitions", [tags, tags])
        score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
        return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params

    def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], Any]:
        """The best tag sequence for NumPy scores [time, tags], and its score."""
        import numpy as np

        trellis, back = np.array(score, dtype=float), np.zeros_like(score, dtype=np.int32)
        for time in range(1, len(score)):
            paths = trellis[time - 1][:, None] + transition_params
            trellis[time] = score[time] + paths.max(0)
            back[time] = paths.argmax(0)
        best = [int(trellis[-1].argmax())]
        for pointers in back[:0:-1]:
            best.append(int(pointers[best[-1]]))
        return best[::-1], trellis[-1].max()

    return {
        "crf_sequence_score": crf_sequence_score,
        "crf_log_norm": crf_log_norm,
        "crf_log_likelihood": crf_log_likelihood,
        "viterbi_decode": viterbi_decode,
    }
