"""Whether a Keras schedule counts what the decay function of TF1 counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.analysis.values import Optimizer, Schedule, Training, Variable

if TYPE_CHECKING:
    from codemods.analysis.staging import Staging


def counts_alike(staging: Staging, optimizer: Optimizer) -> bool:
    """A Keras schedule counts its optimizer's updates; TF1's function was given a counter. Whether they agree.

    They do where the optimizer's only train op counts that variable, from 0, and nothing else changes it. Elsewhere the
    schedule is called with the counter, and its value assigned to the learning rate.
    """
    schedule = optimizer.learning_rate.payload
    if not isinstance(schedule, Schedule) or len(optimizer.uses) != 1:
        return False
    counter, training = schedule.step_value.payload, optimizer.uses[0]
    if not isinstance(counter, Variable) or not _counts(training, counter):
        return False
    initial = staging.last_values.get(counter.initial) if counter.initial is not None else None
    if counter not in staging.state.zero and (initial is None or initial.constant != 0):
        return False
    return not any(
        counter in item.assigned or any(found is not training and _counts(found, counter) for found in item.trainings)
        for item in staging.ordered
    )


def _counts(training: Training, counter: object) -> bool:
    return training.step_value is not None and training.step_value.payload is counter
