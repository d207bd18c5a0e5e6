"""Records what every Session run of a user's program was fed and returned, and the variables around it.

Works on TensorFlow 1.x and on TensorFlow 2 with v2 behaviour off, and runs under a real TensorFlow 1.x (Python 3.5
syntax: no f-strings, annotations are strings). Adds no op to any graph, so finalised graphs are fine.

Three places see every run: ``BaseSession.run`` (also eval, Operation.run, MonitoredSession, Estimator),
``make_callable`` and ``_Callable.__call__`` (Keras). Only runs with a user's file on the stack count: queue runners
and the like are left alone.
"""

import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from migrator.equivalence import recorder_names as names
from migrator.equivalence.recorder_events import EventWatch
from migrator.equivalence.recorder_state import Variables
from migrator.equivalence.recorder_store import SCHEMA, ArrayStore, Unstorable, write_recording


class StopProgram(BaseException):
    """Ends the user's program once it has run long enough; not an Exception, so that programs do not swallow it."""


class Limits:
    """What to keep and when to stop.

    Of each call site the first ``first`` runs are kept and every ``every``-th after them, as long as the compressed
    recording stays below ``max_bytes``: the first run of a site may use all of it, its next two three quarters, later
    ones half, so that a long training loop leaves room for the sites after it. ``max_runs`` and ``seconds`` end the
    program (None: never).
    """

    def __init__(
        self,
        first: "int" = 20,
        every: "int" = 100,
        max_bytes: "int" = 256000000,
        max_runs: "int | None" = None,
        seconds: "float | None" = None,
    ) -> "None":
        self.first = first
        self.every = every
        self.max_bytes = max_bytes
        self.max_runs = max_runs
        self.seconds = seconds

    def wants(self, occurrence: "int") -> "bool":
        """Whether the run with this 0-based number at its site should be kept."""
        return occurrence < self.first or occurrence % self.every == 0

    def budget(self, occurrence: "int") -> "float":
        """The compressed bytes that the recording may have after keeping this run."""
        return self.max_bytes * (1.0 if occurrence == 0 else 0.75 if occurrence < 3 else 0.5)


class _Numbering:
    """Small numbers for sessions and graphs, in order of first sight; keeps them alive, so ids are not reused."""

    def __init__(self) -> "None":
        self.items = []  # type: list[Any]

    def __call__(self, item: "Any") -> "int":
        for number, known in enumerate(self.items):
            if known is item:
                return number
        self.items.append(item)
        return len(self.items) - 1


class _Call:
    """One run while it is going on."""

    def __init__(self, session: "Any", fetches: "Any", execute: "Callable[[], Any]") -> "None":
        self.session = session
        self.execute = execute
        # MonitoredSession adds the fetches of its hooks to the user's.
        self.monitored = isinstance(fetches, dict) and "caller" in fetches and _in_monitored_session()
        self.fetches = fetches["caller"] if self.monitored else fetches
        self.feeds = None  # type: dict[str, Any] | None
        self.takes_feeds = False


class _Thread(threading.local):
    call = None  # type: _Call | None


class Recorder:
    """Collects the runs of one program. ``pin``, when given, has its tick set around each run."""

    def __init__(self, files: "names.UserFiles", limits: "Limits", pin: "Any" = None) -> "None":
        self.total = 0
        self.stopped = None  # type: str | None
        self._files = files
        self.limits = limits
        self._pin = pin
        self.events = EventWatch()
        self._dropped = Counter()  # type: Counter[str]
        self._unstorable = Counter()  # type: Counter[str]
        self._store = ArrayStore()
        self._runs = []  # type: list[dict[str, Any]]
        self._sites = OrderedDict()  # type: OrderedDict[Any, dict[str, Any]]
        self._variables = Variables(files.created_at)
        self._placeholders = OrderedDict()  # type: OrderedDict[Any, dict[str, Any]]
        self._lines = {}  # type: dict[Any, list[list[Any]]]
        self._graphs = _Numbering()
        self._sessions = _Numbering()
        self._started = time.time()
        self._thread = _Thread()
        self._original_run = None  # type: Any

    def install(self) -> "None":
        """Patch the session module of the imported TensorFlow, and its summary writers."""
        self.events.install()
        from tensorflow.python.client import session as session_module

        recorder = self
        base = session_module.BaseSession
        original_run, original_do_run, original_make_callable = base.run, base._do_run, base.make_callable
        self._original_run = original_run

        def run(session, fetches, feed_dict=None, options=None, run_metadata=None):  # type: ignore[no-untyped-def]
            def execute() -> "Any":
                return original_run(session, fetches, feed_dict, options, run_metadata)

            return recorder._observe(session, fetches, execute, "run", bool(feed_dict))

        def _do_run(session, handle, target_list, fetch_list, feed_dict, options, run_metadata):  # type: ignore[no-untyped-def]
            call = recorder._thread.call
            if call is not None and call.takes_feeds:
                recorder._take_feeds(call, feed_dict)
            return original_do_run(session, handle, target_list, fetch_list, feed_dict, options, run_metadata)

        def make_callable(session, fetches, *args, **kwargs):  # type: ignore[no-untyped-def]
            inner = original_make_callable(session, fetches, *args, **kwargs)
            return lambda *values, **options: recorder._observe(
                session, fetches, lambda: inner(*values, **options), "callable"
            )

        base.run, base._do_run, base.make_callable = run, _do_run, make_callable
        if hasattr(base, "_Callable"):  # TF 1.5 and later
            self._install_keras_callable(base._Callable)

    def _install_keras_callable(self, cls: "Any") -> "None":
        recorder = self
        original_init, original_call = cls.__init__, cls.__call__
        options_of = {}  # type: dict[int, Any]

        def __init__(callable_, session, callable_options):  # type: ignore[no-untyped-def]
            original_init(callable_, session, callable_options)
            options_of[id(callable_)] = callable_options

        def __call__(callable_, *args, **kwargs):  # type: ignore[no-untyped-def]
            options = options_of[id(callable_)]
            graph = callable_._session.graph
            feeds = dict(zip([graph.as_graph_element(name) for name in options.feed], args))

            def execute() -> "Any":
                call = recorder._thread.call
                if call is not None and call.takes_feeds:
                    recorder._take_feeds(call, feeds)
                return original_call(callable_, *args, **kwargs)

            return recorder._observe(callable_._session, list(options.fetch), execute, "keras")

        cls.__init__, cls.__call__ = __init__, __call__

    # --- one run --------------------------------------------------------------------------------------------

    def _observe(
        self, session: "Any", fetches: "Any", execute: "Callable[[], Any]", kind: "str", fed: "bool" = False
    ) -> "Any":
        """Execute one run, and record it if user code asked for it and the limits allow."""
        if self._thread.call is not None:  # a run inside a run
            return execute()
        stack = self._files.stack()
        if not stack:
            return execute()
        self._stop_when_due()
        call = _Call(session, fetches, execute)
        described = [self._describe(session.graph, path, item) for path, item in names.leaves(call.fetches)]
        if kind == "run":
            kind = self._files.origin()
        initialises = not fed and self._initialises(session.graph, described)
        if kind == "run" and initialises:
            kind = "init"
        site = self._files.site(stack)
        count = self._count(site, stack[0], kind)
        occurrence = count["total"] - 1
        run = {
            "ordinal": self.total,
            "occurrence": occurrence,
            "site": site,
            "kind": kind,
            "session": self._sessions(session),
            "graph": self._graphs(session.graph),
            "fetches": described,
            "error": None,
        }  # type: dict[str, Any]
        self.total += 1
        if self._pin is not None:
            self._pin.tick = 0 if initialises else count["total"]
        self._thread.call = call
        try:
            if self.limits.wants(occurrence) and self._store.compressed < self.limits.budget(occurrence):
                return self._execute(run, call, count)
            self._dropped["size" if self.limits.wants(occurrence) else "number"] += 1
            self.events.dropped = True
            return execute()
        finally:
            self._thread.call = None

    def _stop_when_due(self) -> "None":
        limits = self.limits
        if limits.max_runs is not None and self.total >= limits.max_runs:
            self.stop("after %d runs" % limits.max_runs)
        if limits.seconds is not None and time.time() - self._started > limits.seconds:
            self.stop("after %g seconds" % limits.seconds)

    def in_run(self) -> "bool":
        """Whether this thread is inside a run."""
        return self._thread.call is not None

    def stop(self, reason: "str") -> "None":
        """End the user's program here (and at every further run, if it swallows the exception)."""
        self.stopped = reason
        raise StopProgram(reason)

    def _describe(self, graph: "Any", path: "str", item: "Any") -> "list[Any]":
        """Name, kind, path and creation lines of a fetched leaf. What is wrong with it is left to the run to say."""
        try:
            name, kind, op = names.describe_fetch(item, graph)
        except (KeyError, ValueError, TypeError, AttributeError):
            name, kind, op = str(item)[:100], "other", None
        if op is not None and op not in self._lines:
            self._lines[op] = self._files.created_at(op)
        return [name, kind, path, self._lines.get(op, [])]

    def _initialises(self, graph: "Any", described: "list[Any]") -> "bool":
        if any(kind != "op" for _, kind, _, _ in described):
            return False
        ops = [graph.get_operation_by_name(name) for name, _, _, _ in described]
        return names.only_initialises(ops, self._variables.initialisers(graph))

    def _count(self, site: "dict[str, Any]", frame: "Any", kind: "str") -> "dict[str, Any]":
        kind = "run" if kind == "init" else kind  # one place may run both
        place = tuple(site["ends"])
        if place[0] is None:  # no columns: the place in the bytecode tells calls on one line apart
            place = (frame.f_code, frame.f_lasti)
        key = (site["file"], site["line"], place, kind)
        entry = self._sites.setdefault(key, {"site": dict(site, outer=[]), "kind": kind, "total": 0, "kept": 0})
        entry["total"] += 1
        return entry

    def _take_feeds(self, call: "_Call", feeds: "Any") -> "None":
        """Copy the feeds as they go to the runtime: converted to the dtype of the fed tensor."""
        call.feeds = {}
        for key, value in (feeds or {}).items():
            tensor = key.deref() if hasattr(key, "deref") else key
            call.feeds[tensor.name] = np.array(value)
            place = (self._graphs(tensor.graph), tensor.name)
            if place not in self._placeholders:
                self._placeholders[place] = self._placeholder(tensor, place[0])

    def _placeholder(self, tensor: "Any", graph_number: "int") -> "dict[str, Any]":
        return {
            "name": tensor.name,
            "graph": graph_number,
            "dtype": tensor.dtype.base_dtype.name,
            "shape": names.shape_document(tensor.shape),
            "op": tensor.op.type,
            "frames": self._files.created_at(tensor.op),
        }

    def _execute(self, run: "dict[str, Any]", call: "_Call", count: "dict[str, Any]") -> "Any":
        """Execute a run and add it to the recording, unless that makes the recording too large."""

        def changes(pending: "dict[str, Any]") -> "dict[str, Any]":
            return self._variables.changes(call.session, run["session"], run["graph"], self._original_run, pending)

        before = changes({})
        call.takes_feeds = True
        try:
            result = call.execute()
        except Exception as error:
            run["error"] = names.error_line(error)
            count["kept"] += self._add(run, call, [None] * len(run["fetches"]), before, {})
            raise
        finally:
            call.takes_feeds = False
        fetched = result["caller"] if call.monitored else result
        values = names.result_leaves(call.fetches, fetched)
        count["kept"] += self._add(run, call, values, before, changes(before))
        return result

    def _add(
        self,
        run: "dict[str, Any]",
        call: "_Call",
        values: "list[Any]",
        before: "dict[str, Any]",
        after: "dict[str, Any]",
    ) -> "bool":
        """Add an executed run; False when the recording has no room for it."""
        mark = self._store.mark()
        run["outputs"] = [self._output(value) for value in values]
        for key, arrays in (("feeds", call.feeds or {}), ("before", before), ("changed", after)):
            run[key] = {name: self._store.add(arrays[name]) for name in sorted(arrays)}
        if self._store.compressed > self.limits.budget(run["occurrence"]):
            self._store.rollback(mark)
            self._dropped["size"] += 1
            self.events.dropped = True
            return False
        self._runs.append(run)
        self.events.recorded(call.session.graph, run["fetches"], values)
        self._variables.commit(run["session"], dict(before, **after))
        return True

    def _output(self, value: "Any") -> "Any":
        try:
            return names.value_document(value, self._store.add)
        except (Unstorable, ValueError) as error:
            self._unstorable[str(error)] += 1
            return None

    # --- the result -----------------------------------------------------------------------------------------

    def write(self, path: "str", metadata: "dict[str, Any]") -> "None":
        """Write what was recorded, with ``metadata`` completed by counts of runs and of what was dropped."""
        created = {}  # type: dict[Any, int]
        for number, graph in enumerate(self._graphs.items):
            for op in graph.get_operations():
                place = (number, op.name + ":0")
                created[number, op.name] = len(created)
                if (
                    op.type in ("Placeholder", "PlaceholderWithDefault", "PlaceholderV2")
                    and place not in self._placeholders
                ):
                    self._placeholders[place] = self._placeholder(op.outputs[0], number)
        placeholders = sorted(
            self._placeholders.items(), key=lambda item: created[item[0][0], item[0][1].rsplit(":", 1)[0]]
        )
        counts = {
            "total": self.total,
            "kept": len(self._runs),
            "dropped_for_number": self._dropped["number"],
            "dropped_for_size": self._dropped["size"],
            "unstorable": dict(self._unstorable),
        }
        document = {
            "schema": SCHEMA,
            "metadata": dict(metadata, runs=counts, stopped=self.stopped),
            "variables": self._variables.document(),
            "placeholders": [item for _, item in placeholders if item["frames"]],
            "runs": self._runs,
            "sites": list(self._sites.values()),
            "events": self.events.document(self._store, self.limits.max_bytes / 4),
        }
        write_recording(path, document, self._store)


def _in_monitored_session() -> "bool":
    """Whether TensorFlow's MonitoredSession is on this thread's stack."""
    frame = sys._getframe(1)  # type: Any
    while frame is not None:
        if frame.f_code.co_filename.endswith("monitored_session.py"):
            return True
        frame = frame.f_back
    return False
