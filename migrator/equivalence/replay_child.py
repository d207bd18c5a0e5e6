"""Runs a migrated program under observation: the process that `replay` starts.

It gets one argument, the path of a JSON job, and writes one observation in the format of `recorder_store`. TensorFlow
is imported here, with TF2 behaviour and Keras 3, and nowhere else on this side of the check.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import traceback
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrator.equivalence import devices, mapfile, replay_observer, replay_trainer, synthetic
from migrator.equivalence.golden import load
from migrator.equivalence.instrument import BEGIN, EMITTED, END, InstrumentError, instrument
from migrator.equivalence.legacy.hosts import quiet_plotting
from migrator.equivalence.pin import DEFAULT_SEED, Pin
from migrator.equivalence.recorder import StopProgram
from migrator.equivalence.recorder_events import EventWatch
from migrator.equivalence.recorder_names import UserFiles
from migrator.equivalence.recorder_store import SCHEMA, ArrayStore, write_recording
from migrator.equivalence.replay_derived import KERAS
from migrator.equivalence.replay_plan import Plan, make_plan
from migrator.equivalence.replay_variables import VariableWatch
from migrator.equivalence.weights import Lines, Matcher

_TRACEBACK_LINES = 30


def main() -> None:
    """Run the job named by the only argument."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    store = ArrayStore()
    document = {"schema": SCHEMA, **_replay(job, store)}
    write_recording(job["output"], document, store)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a program's threads may never end


def _replay(job: Mapping[str, Any], store: ArrayStore) -> dict[str, Any]:
    import keras
    import numpy as np
    import tensorflow as tf

    device = devices.configure(job["device"])
    versions = {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    if device is None:
        return {"status": "no device", "versions": versions}
    path = job["program"]
    text = job["text"]
    recording = load(Path(job["recording"]))
    replay_map = mapfile.loads(job["map"], text)
    lines = Lines(job["legacy"], text, replay_map.lines)
    plan = make_plan(recording, replay_map, lines)
    files = UserFiles(os.path.dirname(path))
    program = files.name(path)
    assert program is not None

    def line_of(filename: str, line: int) -> int | None:
        file = files.name(filename)
        if file is None:
            return None
        return lines.legacy_statement(line) if file == program else line

    seed = int(recording.metadata.get("seed", DEFAULT_SEED))
    pin = Pin(line_of, seed)
    pin.install()
    keras.utils.set_random_seed(seed % 2**32)
    pin.seed_hosts()
    quiet_plotting()
    if any(str(note).endswith("is synthetic") for note in recording.metadata.get("notes", [])):
        synthetic.install(keras.datasets)
    observer = _observer(plan, replay_map.functions, job["mode"], recording.metadata, pin, store)
    watch = VariableWatch(files, program, lines, Matcher(plan.variables), observer.created)
    observer.slots = watch.slots(plan.slots)
    watch.initialising = observer.initialising
    watch.install()
    replay_trainer.install(observer)
    events = EventWatch()
    events.install_v2(tf)
    spans = {item.index: item.site.migrated for item in plan.sites if item.site.migrated is not None}
    emitted = sorted({item.site.function for item in plan.sites if item.site.function is not None})
    try:
        code = instrument(text, path, spans, emitted)
    except InstrumentError as error:
        return {"status": "misfit", "detail": str(error), "versions": versions, "device": device}
    main_module = types.ModuleType("__main__")
    main_module.__file__ = path
    main_module.__dict__.update(
        {
            "__builtins__": __builtins__,
            BEGIN: observer.begin,
            END: observer.end,
            EMITTED: replay_observer.emitted(observer),
        }
    )
    outcome = _execute(code, main_module, path, job["argv"], device if ":" in job["device"] else None)
    observer.finish()
    return {
        **outcome,
        "events": events.document(store, float("inf")),
        "versions": versions,
        "device": device,
        "counts": {str(site): number for site, number in sorted(observer.counts.items())},
        "outside": dict(observer.outside),
        "calls": observer.calls,
        "variables": [
            {
                "name": item.name,
                "role": item.role,
                "legacy": None if item.legacy is None else item.legacy.index,
                "detail": item.detail,
                "line": item.line,
                "initial": None if item.initial is None else store.add(item.initial),
            }
            for item in watch.items
        ]
        + [
            {"name": slot.name, "role": "slot", "legacy": index, "detail": None, "line": None, "initial": None}
            for index, slot in sorted(observer.kept.items())
        ],
    }


def _observer(
    plan: Plan,
    functions: Mapping[str, tuple[str, ...]],
    mode: str,
    metadata: Mapping[str, Any],
    pin: Pin,
    store: ArrayStore,
) -> replay_observer.Observer:
    planned = {
        (site.index, run.ordinal): replay_observer.Planned(
            run=run.run.ordinal,
            tick=0 if run.run.kind == "init" else run.run.occurrence + 1,
            state={**run.before, **run.slots_before},
            after=frozenset(run.before) | frozenset(run.changed) | frozenset(run.slots_changed),
            resets=run.resets,
        )
        for site in plan.sites
        for run in site.runs
    }
    return replay_observer.Observer(
        planned,
        locked=mode == "locked",
        stop_after=plan.executions if metadata.get("stopped") else None,
        keras_sites=frozenset(site.index for site in plan.sites if site.site.kind == KERAS),
        parameters=functions,
        pin=pin,
        store=store,
    )


def _execute(code: types.CodeType, module: types.ModuleType, path: str, argv: list[str], device: str | None) -> Any:
    """Run the program as ``__main__``; how it ended."""
    import tensorflow as tf

    sys.modules["__main__"] = module
    sys.argv = [path, *argv]
    sys.path[0] = os.path.dirname(path)
    try:
        with tf.device(device):
            exec(code, module.__dict__)
    except StopProgram as stop:
        return {"status": "stopped", "detail": str(stop)}
    except SystemExit as end:
        if end.code not in (None, 0):
            return {"status": "crashed", "detail": f"the migrated program ended with exit status {end.code}"}
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (whatever the user's program raises)
        text = "".join(traceback.format_exception(type(error), error, _program_part(error, path)))
        last = (str(error).strip().splitlines() or [""])[0][:300]
        return {
            "status": "crashed",
            "detail": f"{type(error).__name__}: {last}",
            "traceback": text.splitlines()[-_TRACEBACK_LINES:],
        }
    return {"status": "finished"}


def _program_part(error: BaseException, path: str) -> types.TracebackType | None:
    """The traceback from the first frame of the program on."""
    part = error.__traceback__
    while part is not None and part.tb_frame.f_code.co_filename != path:
        part = part.tb_next
    return part or error.__traceback__


if __name__ == "__main__":
    main()
