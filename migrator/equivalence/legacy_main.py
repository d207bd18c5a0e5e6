"""Entry point of the legacy runtime: ``python -m migrator.equivalence.legacy_main --record OUT.npz program.py ...``.

Runs one TensorFlow 1 program, untouched, under TensorFlow 2 in TF1 mode and writes a recording of its session runs.
The exit code is 0 once the recording is written, however the program itself ended; the recording tells that.
"""

from __future__ import annotations

import os
import sys

from migrator.equivalence.legacy import activate, hosts, imports
from migrator.equivalence.recorder_names import UserFiles
from migrator.equivalence.recorder_run import arguments, record_program
from migrator.errors import UserError


def main() -> None:
    """Parse the command line, set the stage, run the program."""
    parser = arguments()
    parser.add_argument("--synthetic-data", action="store_true", help="make up data sets that are not on this machine")
    options = parser.parse_args()
    synthetic = options.synthetic_data or os.environ.get("MIGRATOR_SYNTHETIC_DATA") == "1"
    try:
        activate.prepare_environment()
    except UserError as error:
        sys.exit(str(error))
    hosts.restore_numpy_names()
    hosts.restore_builtins()
    notes = hosts.quiet_plotting()
    v1 = activate.activate()

    from migrator.equivalence.legacy.namespace import Namespace  # needs TensorFlow in TF1 mode

    namespace = Namespace(v1, synthetic)
    namespace.notes.extend(notes)
    files = UserFiles(os.path.dirname(os.path.abspath(options.program)))
    imports.install(namespace.find, lambda filename: files.name(filename) is not None)
    record_program(options, {"kind": "compat.v1", **activate.versions()}, namespace.notes)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a program's threads may never end


if __name__ == "__main__":
    main()
