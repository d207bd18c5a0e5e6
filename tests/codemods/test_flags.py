"""tf.app.flags and tf.app.run: what is emitted, and that the emitted programs read the command line as before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from codemods.rewrites import flags
from tests.codemods.host_side import check, rewrite, unchanged

APP = "from absl import app"
FLAGS = "from absl import flags"
SYS = "import sys"


def test_the_usual_program() -> None:
    outcome = check(
        dedent("""\
        import tensorflow as tf

        flags = tf.app.flags
        FLAGS = flags.FLAGS
        flags.DEFINE_integer('steps', 100, 'How many.')  # steps
        flags.DEFINE_string('name', None,
                            'Whose.')


        def main(_):
            print(FLAGS.steps, FLAGS.name)


        if __name__ == '__main__':
            tf.app.run()
        """),
        dedent("""\
        import tensorflow as tf

        from absl import flags
        FLAGS = flags.FLAGS
        flags.DEFINE_integer('steps', 100, 'How many.')  # steps
        flags.DEFINE_string('name', None,
                            'Whose.')


        def main(_):
            print(FLAGS.steps, FLAGS.name)


        if __name__ == '__main__':
            app.run(main)
        """),
        flags,
        imports=(APP,),
    )
    assert outcome.notes == ["absl.app.run stops at an unknown command-line flag; tf.app.run passed it over"]
    assert outcome.native.count("tf.app.flags.FLAGS") == 3


@pytest.mark.parametrize(
    ("before", "after", "imports"),
    [
        ("tf.flags.DEFINE_float('x', 1.0, 'X.')\n", "flags.DEFINE_float('x', 1.0, 'X.')\n", (FLAGS,)),
        ("tf.app.flags.DEFINE_bool('x', True, 'X.')\n", "flags.DEFINE_bool('x', True, 'X.')\n", (FLAGS,)),
        ("define = tf.flags.DEFINE_list\n", "define = flags.DEFINE_list\n", (FLAGS,)),
        (
            "tf.flags.DEFINE_integer(flag_name='x', default_value=1, docstring='X.')\n",
            "flags.DEFINE_integer(name='x', default=1, help='X.')\n",
            (FLAGS,),
        ),
        (
            "tf.flags.DEFINE_string('log_dir', '/tmp', 'Logs.')\n",
            "flags.DEFINE_string('log_dir', '/tmp', 'Logs.', allow_override=True)\n",
            (FLAGS,),
        ),
        # A comment keeps its line: the import takes the place of the assignment.
        ("n = 1\n# Flags.\nflags = tf.app.flags\n", "n = 1\n# Flags.\nfrom absl import flags\n", (FLAGS,)),
        ("n = 1\nflags = tf.app.flags\nF = flags.FLAGS\n", "n = 1\nF = flags.FLAGS\n", (FLAGS,)),
        ("tf_flags = tf.flags\ntf_flags.mark_flag_as_required('x')\n", None, (FLAGS,)),
        ("flags = 3\ntf.flags.DEFINE_bool('x', 1, '')\n", "flags = 3\nabsl_flags.DEFINE_bool('x', 1, '')\n", None),
    ],
)
def test_definitions(before: str, after: str | None, imports: tuple[str, ...] | None) -> None:
    head = "import tensorflow as tf\n"
    expected = after or "tf_flags = flags\ntf_flags.mark_flag_as_required('x')\n"
    check(head + before, head + expected, flags, imports=imports or ("from absl import flags as absl_flags",))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("tf.app.run()", "app.run(main)"),
        ("tf.app.run(main=main)", "app.run(main=main)"),
        ("tf.app.run(main)", "app.run(main)"),
        ("tf.app.run(None)", "app.run(main)"),
    ],
)
def test_run(call: str, expected: str) -> None:
    text = "import tensorflow as tf\ntf.flags.DEFINE_bool('x', True, 'X.')\ndef main(_):\n    pass\n{}\n"
    after = text.replace("tf.flags", "flags").format(expected)
    check(text.format(call), after, flags, imports=(APP, FLAGS))


TOLERANT = "flags_parser=lambda argv: flags.FLAGS(argv, known_only=True)"


@pytest.mark.parametrize(
    ("text", "call"),
    [
        (
            "import argparse\ntf.flags.DEFINE_bool('x', True, '')\ndef main(_): pass\ntf.app.run()\n",
            f"main, {TOLERANT}",
        ),
        (
            "import sys\ntf.flags.DEFINE_bool('x', 1, '')\nn = sys.argv\ndef main(_): pass\ntf.app.run()\n",
            f"main, {TOLERANT}",
        ),
        ("tf.flags.DEFINE_bool('x', True, '')\ndef main(argv): print(argv)\ntf.app.run()\n", f"main, {TOLERANT}"),
        ("def main(_): pass\ntf.app.run()\n", f"main, {TOLERANT}"),
        ("def main(_): pass\ntf.app.run(main=main, argv=[''])\n", f"main=main, argv=[''], {TOLERANT}"),
        ("def main(_): pass\ntf.app.run(argv=[''])\n", f"main, argv=[''], {TOLERANT}"),
    ],
)
def test_arguments_that_others_read_stay(text: str, call: str) -> None:
    outcome = rewrite("import tensorflow as tf\n" + text, flags)
    assert outcome.refused == [] and outcome.notes == []
    assert f"app.run({call})" in outcome.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # A flat script: parsed after the last definition.
        (
            "tf.flags.DEFINE_bool('x', True, '')\nF = tf.flags.FLAGS\nn = 1\nprint(F.x)\n",
            "flags.DEFINE_bool('x', True, '')\nF = flags.FLAGS\nF(sys.argv, known_only=True)\nn = 1\nprint(F.x)\n",
        ),
        # Without a name for FLAGS.
        (
            "tf.flags.DEFINE_bool('x', True, '')\nprint(tf.flags.FLAGS.x)\n",
            "flags.DEFINE_bool('x', True, '')\nflags.FLAGS(sys.argv, known_only=True)\nprint(flags.FLAGS.x)\n",
        ),
        # Read through functions that call each other.
        (
            "tf.flags.DEFINE_bool('x', True, '')\nF = tf.flags.FLAGS\n\ndef f():\n    return F.x\n\ndef g():\n"
            "    return f()\n\ng()\n",
            "flags.DEFINE_bool('x', True, '')\nF = flags.FLAGS\nF(sys.argv, known_only=True)\n\n"
            "def f():\n    return F.x\n\ndef g():\n    return f()\n\ng()\n",
        ),
        # Only under the guard: a module that is imported parses nothing.
        (
            "tf.flags.DEFINE_bool('x', True, '')\nF = tf.flags.FLAGS\nif __name__ == '__main__':\n    print(F.x)\n",
            "flags.DEFINE_bool('x', True, '')\nF = flags.FLAGS\nif __name__ == '__main__':\n"
            "    F(sys.argv, known_only=True)\n    print(F.x)\n",
        ),
        # Defaults are evaluated with the definition.
        (
            "F = tf.flags.FLAGS\ntf.flags.DEFINE_bool('x', True, '')\ndef f(x=F.x):\n    return x\n",
            "F = flags.FLAGS\nflags.DEFINE_bool('x', True, '')\nF(sys.argv, known_only=True)\n"
            "def f(x=F.x):\n    return x\n",
        ),
        # TensorFlow before 1.5 had a method for it.
        (
            "F = tf.flags.FLAGS\nF._parse_flags()\nprint(F.__flags)\n",
            "F = flags.FLAGS\nF(sys.argv, known_only=True)\nprint(F.flag_values_dict())\n",
        ),
    ],
)
def test_parsing_is_said(before: str, after: str) -> None:
    head = "import tensorflow as tf\n"
    check(head + before, head + after, flags, imports=(FLAGS, SYS))


@pytest.mark.parametrize(
    "text",
    [
        "F = tf.flags.FLAGS\ntf.flags.DEFINE_bool('x', 1, '')\nF(['program'])\nprint(F.x)\n",
        "tf.flags.DEFINE_bool('x', 1, '')\ndef main(_):\n    print(tf.flags.FLAGS.x)\ntf.app.run()\n",
        "tf.flags.DEFINE_bool('x', 1, '')\nF = tf.flags.FLAGS\nF.x = 3\n",
    ],
)
def test_parsing_that_is_said_already(text: str) -> None:
    assert "sys.argv" not in rewrite("import tensorflow as tf\n" + text, flags).text


def test_a_library_leaves_the_parsing_to_its_program() -> None:
    outcome = rewrite("import tensorflow as tf\nF = tf.flags.FLAGS\ndef f():\n    return F.x\n", flags)
    assert "sys.argv" not in outcome.text
    assert len(outcome.notes) == 1 and "first read of a flag" in outcome.notes[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tf.app.run()\n", "which function 'main' is"),
        ("def f(): return None\ntf.app.run(main=f())\n", "computed"),
        ("def main(_): pass\nkwargs = {}\ntf.app.run(**kwargs)\n", "hidden"),
        ("def main(_): pass\nrun = tf.app.run\n", "where it is called"),
        ("tf.flags.DEFINE_integer('v', 1, '')\n", "absl itself"),
        ("tf.flags.DEFINE_integer('x', 1e3, '')\n", "integer"),
        ("F = tf.flags.FLAGS\nF._parse_flags(args=[])\n", "without arguments"),
        ("F = tf.flags.FLAGS\nF._set_default('x', 1)\n", "internal"),
        ("f(tf.app)\n", "only flags and run"),
        (
            "F = tf.flags.FLAGS\nif n:\n    tf.flags.DEFINE_bool('x', 1, '')\n    print(F.x)\nelse:\n    print(F.y)\n",
            "one branch",
        ),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    outcome = rewrite("import tensorflow as tf\n" + text, flags)
    assert any(reason in message for message in outcome.refused), outcome.findings


@pytest.mark.parametrize(
    "text",
    [
        "from absl import app, flags\nflags.DEFINE_bool('x', True, '')\napp.run(main)\n",
        "import tensorflow as tf\nflags = [1]\nfor flag in flags:\n    print(flag)\n",
        "import argparse\nFLAGS = argparse.ArgumentParser().parse_args()\nprint(FLAGS.x)\n",
        "import tensorflow as tf\ntf = other()\ntf.app.run()\n",
    ],
)
def test_other_code_is_left_alone(text: str) -> None:
    unchanged(text, flags)


PROGRAM = """\
import tensorflow as tf
tf.flags.DEFINE_integer('steps', 2, 'Steps.')
tf.flags.DEFINE_string('log_dir', 'here', 'Logs.')
F = tf.flags.FLAGS
print(F.steps)
def main(rest):
    print(F.log_dir, len(rest))
tf.app.run()
"""


def test_the_emitted_program_reads_the_command_line(tmp_path: Path) -> None:
    outcome = rewrite(PROGRAM, flags)
    path = tmp_path / "program.py"
    path.write_text(outcome.program.replace("import tensorflow as tf\n", ""))
    command = [sys.executable, str(path), "--steps=5", "--log_dir=there", "--unknown=1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["5", "there", "2"], done.stderr
