"""From a text to its inventory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from codemods.inventory import contrib_layers, tf_graphs, tf_layers, tf_rnn, tf_state, tf_training
from codemods.inventory.definitions import Returned
from codemods.inventory.graph import TF1Error, closure
from codemods.inventory.interpreter import Interpreter, LoopEnd
from codemods.inventory.model import Inventory, Place, RunSite, Saver, Training, Update, VariableRecord
from codemods.inventory.numbers import plain
from codemods.inventory.program import Budget, Frame, Program, Run
from codemods.inventory.values import Variable

#: Modules that register what reads calls of TensorFlow.
_READERS = (contrib_layers, tf_graphs, tf_layers, tf_rnn, tf_state, tf_training)


def inventory(text: str, path: str, load: Callable[[str], tuple[str, str] | None] = lambda name: None) -> Inventory:
    """The variables of the program ``text``.

    ``load`` gives text and file name of another module of the project by the name that an import has it by, or None.
    """
    program = Program(load)
    reader = Interpreter(program)
    try:
        _read(reader, text, path)
    except SyntaxError as error:
        return Inventory(path, failure=f"not Python 3: line {error.lineno}: {error.msg}")
    except ValueError as error:
        return Inventory(path, failure=f"cannot be read: {error}")
    return collect(program, path)


def _read(reader: Interpreter, text: str, path: str) -> None:
    program = reader.program
    frame = Frame(path, {"__name__": "__main__", "__file__": path})
    program.frames.append(frame)
    try:
        reader.main(text)
    except TF1Error as error:
        program.note(f"TF1 fails here: {error}; what comes after is missing")
    except (Returned, LoopEnd):
        pass
    except (Budget, RecursionError):
        program.note("the program does too much to be followed any further; what comes after is missing")


def collect(program: Program, path: str) -> Inventory:
    """The records of what a reading found."""
    written: dict[int, list[tuple[str, Place, bool, set[Place]]]] = defaultdict(list)
    reads: dict[int, list[Place]] = defaultdict(list)
    writes: dict[int, list[Place]] = defaultdict(list)
    everything = [variable for graph in program.graphs for variable in graph.variables]
    sites = []
    ran: dict[int, list[Place]] = defaultdict(list)
    for run in program.runs.values():
        sites.append(_site(run, everything, reads, writes, written, ran))
    savers: dict[int, list[Place]] = defaultdict(list)
    for saved in program.savers:
        for variable in saved.variables.values():
            savers[id(variable)].append(saved.place)
    for write in program.writes:
        _merge(written[id(write.variable)], write.what, write.place, write.certain, ())
    collections: dict[int, list[str]] = defaultdict(list)
    for graph in program.graphs:
        for name, items in graph.collections.items():
            for item in items:
                if isinstance(item, Variable) and name not in collections[id(item)]:
                    collections[id(item)].append(name)
    records = tuple(_record(variable, collections, written, reads, writes, savers) for variable in everything)
    trainings = tuple(
        Training(
            trained.optimizer, trained.place, tuple(item.name or "?" for item in trained.variables),
            trained.all_trainable, trained.certain, tuple(ran[id(trained.node)]),
        )
        for trained in program.trainings
    )  # fmt: skip
    kept = tuple(
        Saver(
            saved.place,
            {key: item.name or "?" for key, item in saved.variables.items()},
            saved.everything,
            saved.certain,
        )
        for saved in program.savers
    )
    complete = not any(graph.opaque for graph in program.graphs)
    return Inventory(path, records, trainings, tuple(sites), kept, tuple(program.notes), complete=complete)


def _site(
    run: Run,
    everything: list[Variable],
    reads: dict[int, list[Place]],
    writes: dict[int, list[Place]],
    written: dict[int, list[tuple[str, Place, bool, set[Place]]]],
    ran: dict[int, list[Place]],
) -> RunSite:
    nodes, certain = closure(run.fetched, run.fed)
    read: dict[Variable, None] = {}
    changed: dict[Variable, None] = {}
    initial: dict[Variable, None] = {}
    for node in nodes:
        if isinstance(node, Variable):
            read[node] = None
            _once(reads[id(node)], run.place)
        _once(ran[id(node)], run.place)
        for variable in node.initialises:
            initial[variable] = None
        for write in node.writes:
            changed[write.variable] = None
            _once(writes[id(write.variable)], run.place)
            _merge(written[id(write.variable)], write.what, write.place, write.certain, (run.place,))
    reading, writing, initialising = (
        tuple(item.name or "?" for item in everything if item in found) for found in (read, changed, initial)
    )
    return RunSite(run.place, run.call, reading, writing, initialising, certain and run.certain)


def _once(places: list[Place], place: Place) -> None:
    if place not in places:
        places.append(place)


def _merge(
    updates: list[tuple[str, Place, bool, set[Place]]], what: str, place: Place, certain: bool, sites: tuple[Place, ...]
) -> None:
    for known in updates:
        if known[:2] == (what, place):
            known[3].update(sites)
            return
    updates.append((what, place, certain, set(sites)))


def _record(
    variable: Variable,
    collections: dict[int, list[str]],
    written: dict[int, list[tuple[str, Place, bool, set[Place]]]],
    reads: dict[int, list[Place]],
    writes: dict[int, list[Place]],
    savers: dict[int, list[Place]],
) -> VariableRecord:
    key = id(variable)
    return VariableRecord(
        name=variable.name or "?",
        certain=variable.certain,
        graph=variable.graph,
        shape=plain(variable.shape),
        dtype=variable.dtype,
        trainable=variable.trainable,
        scope=variable.scope,
        role=variable.role,
        owner=variable.owner.name if variable.owner is not None else None,
        initializer=variable.initializer,
        made_by=variable.made_by,
        place=variable.place,
        calls=variable.calls,
        condition=variable.condition,
        collections=tuple(collections[key]),
        shared=tuple(variable.shared),
        updates=tuple(Update(what, place, tuple(sorted(sites)), sure) for what, place, sure, sites in written[key]),
        read_at=tuple(reads[key]),
        written_at=tuple(writes[key]),
        savers=tuple(savers[key]),
    )
