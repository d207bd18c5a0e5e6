"""What happens around each run site of the migrated program: state is set, values and variables are taken.

Runs inside the replaying process.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from migrator.equivalence.pin import Pin
from migrator.equivalence.recorder import StopProgram
from migrator.equivalence.recorder_store import ArrayStore, Unstorable
from migrator.equivalence.replay_slots import KeptSlot, Power
from migrator.equivalence.replay_variables import Watched

#: Before-state of one matched run: legacy variable index to value.
State = Mapping[int, Any]


@dataclass(frozen=True)
class Planned:
    """A recorded run that an execution of a site is matched with.

    ``tick`` is what the recorder's pin had during the run; ``resets`` is where free mode sets the state.
    """

    run: int
    tick: int
    state: State
    after: frozenset[int]
    resets: bool


@dataclass
class Call:
    """An execution of a site that is under way; of a Keras call (``ordinal`` -1) the batches are the executions."""

    site: int
    ordinal: int
    planned: Planned | None
    feeds: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


class Observer:
    """Counts the executions of the sites, sets the recorded state, and writes down what a recorded run must match.

    ``stop_after`` is the number of executions after which the legacy program was stopped, None if it ran to its end.
    """

    def __init__(
        self,
        plan: Mapping[tuple[int, int], Planned],
        *,
        locked: bool,
        stop_after: int | None,
        keras_sites: frozenset[int],
        parameters: Mapping[str, Sequence[str]],
        pin: Pin,
        store: ArrayStore,
    ) -> None:
        self.counts: Counter[int] = Counter()
        self.calls: list[dict[str, Any]] = []
        self.outside: Counter[str] = Counter()
        self.variables: dict[int, Watched] = {}
        self.kept: dict[int, KeptSlot | Power] = {}
        self.slots: Callable[[], dict[int, KeptSlot | Power]] = dict
        self._plan = plan
        self._locked = locked
        self._stop_after = stop_after
        self._keras_sites = keras_sites
        self._parameters = parameters
        self._pin = pin
        self._store = store
        self._thread = threading.local()

    # --- called by the instrumented program -------------------------------------------------------------------

    def begin(self, site: int) -> Call:
        """An execution of ``site`` starts: its feeds are about to be computed."""
        if site in self._keras_sites:
            call = Call(site, -1, None)
            self._stack().append(call)
            self._pin.tick = 0
            return call
        return self._execution(site)

    def end(self, call: Call, value: Any) -> Any:
        """The expression of the site has its value."""
        stack = self._stack()
        while stack and stack[-1] is not call:
            self._failed(stack.pop())
        if stack:
            stack.pop()
        self._close(call, flatten(value))
        return value

    def begin_batch(self) -> Call | None:
        """Keras starts on a batch; None outside the Keras calls that are matched."""
        stack = self._stack()
        if not stack or stack[-1].site not in self._keras_sites:
            return None
        return self._execution(stack[-1].site)

    def end_batch(self, call: Call, values: Sequence[Any]) -> None:
        """Keras has done the batch."""
        self._stack().remove(call)
        self._close(call, values)

    def cancel_batch(self, call: Call) -> None:
        """There was no batch left."""
        self._stack().remove(call)
        self.counts[call.site] -= 1
        self._pin.tick = 0

    def called(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """An emitted function is called from Python (not while another one is traced)."""
        stack = self._stack()
        if not stack:
            self.outside[name] += 1
            return
        values = dict(zip(self._parameters[name], args, strict=False)) | dict(kwargs)
        stack[-1].feeds.append((name, {parameter: _copy(value) for parameter, value in values.items()}))

    # --- called by the variable watch -------------------------------------------------------------------------

    def created(self, watched: Watched) -> None:
        """A matched variable exists from now on; inside a matched run it takes the recorded value at once."""
        assert watched.legacy is not None
        index = watched.legacy.index
        self.variables[index] = watched
        stack = self._stack()
        watched.initial = watched.value()
        if stack:
            planned = stack[-1].planned
            if planned is not None and (self._locked or planned.resets) and index in planned.state:
                _assign(watched, planned.state[index])

    @contextmanager
    def initialising(self) -> Iterator[None]:
        """A variable takes its first value, maybe during a run: the pin draws as it did for TF1's initialiser."""
        before = self._pin.tick, self._pin.counting
        self._pin.tick, self._pin.counting = 0, True
        try:
            yield
        finally:
            self._pin.tick, self._pin.counting = before

    def finish(self) -> None:
        """The program has ended: executions without an end have failed."""
        stack = self._stack()
        while stack:
            self._failed(stack.pop())

    # --- parts ------------------------------------------------------------------------------------------------

    def _stack(self) -> list[Call]:
        if not hasattr(self._thread, "stack"):
            self._thread.stack = []
        stack: list[Call] = self._thread.stack
        return stack

    def _execution(self, site: int) -> Call:
        if self._stop_after is not None and sum(self.counts.values()) >= self._stop_after:
            raise StopProgram(f"after {self._stop_after} runs, as the recording")
        ordinal = self.counts[site]
        self.counts[site] += 1
        call = Call(site, ordinal, self._plan.get((site, ordinal)))
        self._stack().append(call)
        self._enter(call)
        return call

    def _close(self, call: Call, leaves: Sequence[Any]) -> None:
        if call.planned is not None:
            self._write(call, call.planned, [self._leaf(leaf) for leaf in leaves], failed=False)
        self._pin.tick = 0
        stack = self._stack()
        if stack:  # this site was an argument of another one, whose state must be set again
            self._enter(stack[-1])

    def _enter(self, call: Call) -> None:
        self._pin.tick = call.ordinal + 1 if call.planned is None else call.planned.tick
        if call.planned is not None and (self._locked or call.planned.resets):
            self.kept |= self.slots()
            for index, value in call.planned.state.items():
                known = self.variables.get(index) or self.kept.get(index)
                if known is not None:
                    _assign(known, value)

    def _failed(self, call: Call) -> None:
        if call.planned is not None:
            self._write(call, call.planned, [], failed=True)

    def _write(self, call: Call, planned: Planned, values: list[Any], *, failed: bool) -> None:
        after = {
            str(index): self._store.add(watched.value())
            for index, watched in self.variables.items()
            if index in planned.after
        }
        self.kept |= self.slots()
        after |= {
            str(index): self._store.add(slot.value())
            for index, slot in self.kept.items()
            if index in planned.after
        }
        feeds = [
            {"function": name, "values": {key: self._leaf(value) for key, value in sorted(arguments.items())}}
            for name, arguments in call.feeds
        ]
        self.calls.append(
            {
                "site": call.site,
                "ordinal": call.ordinal,
                "run": planned.run,
                "failed": failed,
                "values": values,
                "feeds": feeds,
                "after": after,
            }
        )

    def _leaf(self, value: Any) -> dict[str, Any] | None:
        """A value as JSON: an array, the parts of a composite, None, or the type of what is neither."""
        if value is None:
            return None
        try:
            parts = _parts(value)
            if parts is not None:
                return {"parts": {name: self._store.add(_array(part)) for name, part in parts.items()}}
            return {"value": self._store.add(_array(value))}
        except (Unstorable, TypeError, ValueError):
            return {"other": type(value).__name__}


def emitted(observer: Observer) -> Callable[[str], Callable[[Any], Any]]:
    """The decorator for emitted functions: a `tf.function` stays the object that it is and is only remembered."""
    import functools

    import tensorflow as tf
    from tensorflow.python.eager.polymorphic_function import polymorphic_function

    known: dict[int, tuple[Any, str]] = {}
    call = polymorphic_function.Function.__call__

    def observed(function: Any, *args: Any, **kwargs: Any) -> Any:
        entry = known.get(id(function))
        if entry is not None and tf.executing_eagerly():
            observer.called(entry[1], args, kwargs)
        return call(function, *args, **kwargs)

    polymorphic_function.Function.__call__ = observed

    def mark(name: str) -> Callable[[Any], Any]:
        def decorate(function: Any) -> Any:
            if isinstance(function, polymorphic_function.Function):
                known[id(function)] = (function, name)
                return function

            @functools.wraps(function)
            def plain(*args: Any, **kwargs: Any) -> Any:
                if tf.executing_eagerly():
                    observer.called(name, args, kwargs)
                return function(*args, **kwargs)

            return tf.autograph.experimental.do_not_convert(plain)

        return decorate

    return mark


def flatten(value: Any) -> list[Any]:
    """The leaves of lists, tuples and dictionaries, in their own order (as `Session.run` takes fetches)."""
    if _parts(value) is not None:
        return [value]
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in flatten(item)]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flatten(item)]
    return [value]


def _parts(value: Any) -> dict[str, Any] | None:
    """The fields of a sparse tensor or indexed slices, under the names of TF1's value tuples; else None."""
    if not (hasattr(value, "values") and hasattr(value, "indices")) or isinstance(value, Mapping):
        return None
    if callable(value.values) or not hasattr(value, "dense_shape"):
        return None
    names = ("indices", "values", "dense_shape")
    return {name: getattr(value, name) for name in names if getattr(value, name) is not None}


def _array(value: Any) -> Any:
    if hasattr(value, "numpy") and not isinstance(value, np.ndarray):
        return _array(value.numpy()) if not isinstance(value.numpy(), np.ndarray) else value.numpy()
    array = np.asarray(value)  # arrays of bytes and text lose trailing zeros
    return np.array(value, dtype=object) if array.dtype.kind in "SU" else array


def _copy(value: Any) -> Any:
    """A feed as it is now: the program may reuse the array."""
    return value.copy() if isinstance(value, np.ndarray) else value


def _assign(watched: Watched | KeptSlot | Power, value: Any) -> None:
    import tensorflow as tf

    with tf.init_scope():
        watched.assign(value)
