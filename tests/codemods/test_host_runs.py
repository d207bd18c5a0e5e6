"""What the host-side rewrites emit, run together on TensorFlow 2 in one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from codemods.rewrites import config, flags, host, logs, seeds
from tests.codemods.host_side import rewrite

PROGRAM = """\
import tensorflow as tf
tf.flags.DEFINE_integer('threads', 2, 'Threads.')
tf.flags.DEFINE_string('log_dir', '.', 'Logs.')
FLAGS = tf.flags.FLAGS
tf.logging.set_verbosity(tf.logging.WARN)
tf.set_random_seed(3)
config = tf.ConfigProto(allow_soft_placement=True, intra_op_parallelism_threads=FLAGS.threads,
                        device_count={'GPU': 0, 'CPU': 2})
config.gpu_options.allow_growth = True
config.gpu_options.visible_device_list = '0,2'
config.inter_op_parallelism_threads = 1


def main(_):
    tf.logging.info('not shown')
    tf.logging.warn('shown %d', 7)
    with tf.device('/gpu:0'):
        x = tf.zeros([2, 3]) + 1.
    print(tf.config.threading.get_intra_op_parallelism_threads(),
          tf.config.threading.get_inter_op_parallelism_threads(),
          len(tf.config.list_logical_devices('CPU')), tf.config.get_soft_device_placement(), float(tf.reduce_sum(x)),
          tf.logging.get_verbosity() == tf.logging.WARN, FLAGS.log_dir)


if __name__ == '__main__':
    tf.app.run()
"""


def test_the_emitted_program_runs(tmp_path: Path) -> None:
    outcome = rewrite(PROGRAM, flags, logs, config, seeds, host)
    assert outcome.refused == []
    path = tmp_path / "program.py"
    path.write_text(outcome.program)
    done = subprocess.run(
        [sys.executable, str(path), "--threads=1", "--log_dir=here"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["1", "1", "2", "True", "6.0", "True", "here"], done.stderr
    assert "shown 7" in done.stderr and "not shown" not in done.stderr
