"""Makes each batch that Keras 3 trains on, evaluates or predicts an observed execution.

Runs inside the replaying process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migrator.equivalence.replay_observer import Observer, flatten


def install(observer: Observer) -> None:
    """Patch the three functions that a Keras model calls once for each batch."""
    import keras

    for name in ("train", "test", "predict"):
        _patch(keras.Model, name, observer)


def _patch(cls: Any, name: str, observer: Observer) -> None:
    make, attribute = getattr(cls, f"make_{name}_function"), f"{name}_function"

    def observed(model: Any, force: bool = False) -> Any:
        old = getattr(model, attribute)
        make(model, force)
        function = getattr(model, attribute)
        if function is not old:
            setattr(model, attribute, _batch(model, function, observer, outputs=name == "predict"))
        return getattr(model, attribute)

    setattr(cls, f"make_{name}_function", observed)


def _batch(model: Any, function: Callable[[Any], Any], observer: Observer, *, outputs: bool) -> Callable[[Any], Any]:
    """``function`` with its runs observed: their outputs, or the loss of the batch alone.

    Keras reports the mean loss since the epoch began. Its running sum starts from zero for each batch here, and gets
    back what it had afterwards, so that the loss of the batch is seen and the epoch's mean stays.
    """

    def run(iterator: Any) -> Any:
        call = observer.begin_batch()
        if call is None:
            return function(iterator)
        tracker = None if outputs else getattr(model, "_loss_tracker", None)
        sums = [] if tracker is None else [tracker.total, tracker.count]
        earlier = [variable.numpy() for variable in sums]
        for variable in sums:
            variable.assign(0.0)
        try:
            result = function(iterator)
        except StopIteration:  # the data ended; there was no batch
            observer.cancel_batch(call)
            _put_back(sums, earlier)
            raise
        values = flatten(result) if outputs else [sums[0].numpy() / sums[1].numpy()] if sums else []
        _put_back(sums, [old + variable.numpy() for old, variable in zip(earlier, sums, strict=True)])
        observer.end_batch(call, values)
        return result

    return run


def _put_back(variables: list[Any], values: list[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
