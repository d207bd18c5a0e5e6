"""Small parts of ``tf.contrib`` written anew: HParams, embed_sequence, the TensorBoard projector's configuration."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from migrator.equivalence.legacy.shim import Shim


class HParams:
    """Named hyper-parameters as attributes, as ``tf.contrib.training.HParams``."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def add_hparam(self, name: str, value: Any) -> None:
        """Add a new parameter; ValueError if it exists."""
        if name in self.__dict__:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        self.__dict__[name] = value

    def set_hparam(self, name: str, value: Any) -> None:
        """Change a parameter that exists."""
        if name not in self.__dict__:
            raise KeyError(name)
        self.__dict__[name] = value

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a parameter, or ``default``."""
        return self.__dict__.get(key, default)

    def values(self) -> dict[str, Any]:
        """All parameters by name."""
        return dict(self.__dict__)

    def override_from_dict(self, values: dict[str, Any]) -> HParams:
        """Change several parameters that exist."""
        for name, value in values.items():
            self.set_hparam(name, value)
        return self

    def parse(self, values: str) -> HParams:
        """Change parameters from a text such as ``"rate=0.1,layers=2"``, with the types that they have."""
        for pair in filter(None, values.split(",")):
            name, _, text = pair.partition("=")
            old = self.__dict__[name.strip()]
            new = text.lower() in ("true", "1") if isinstance(old, bool) else type(old)(text)
            self.set_hparam(name.strip(), new)
        return self

    def to_json(self) -> str:
        """The parameters as a JSON object."""
        return json.dumps(self.__dict__)

    def __contains__(self, key: str) -> bool:
        return key in self.__dict__

    def __str__(self) -> str:
        return str(sorted(self.__dict__.items()))


def layer_names(v1: Any) -> dict[str, Any]:
    """Functions of ``tf.contrib.layers`` that tf-slim does not have."""

    def embed_sequence(
        ids: Any,
        vocab_size: int | None = None,
        embed_dim: int | None = None,
        unique: bool = False,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool = True,
        scope: Any = None,
        reuse: Any = None,
    ) -> Any:
        """Ids of [batch, length] to float32 of [batch, length, embed_dim] by a variable named ``embeddings``."""
        with v1.variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
            shape = [vocab_size, embed_dim]
            if (reuse and vocab_size is None) or embed_dim is None:
                shape = None  # type: ignore[assignment]
            embeddings = v1.get_variable(
                "embeddings", shape=shape, initializer=initializer, regularizer=regularizer, trainable=trainable
            )
            if unique:
                ids, positions = v1.unique(v1.reshape(ids, [-1]))
                rows = v1.nn.embedding_lookup(embeddings, ids)
                return v1.gather(rows, positions)
            return v1.nn.embedding_lookup(embeddings, ids)

    return {"embed_sequence": embed_sequence}


def tensorboard() -> Shim:
    """``tf.contrib.tensorboard``: takes a projector configuration and does nothing with it."""

    class ProjectorConfig:
        def __init__(self) -> None:
            self.embeddings = _Repeated()
            self.model_checkpoint_path = ""

    class _Repeated(list[Any]):
        def add(self) -> SimpleNamespace:
            sprite = SimpleNamespace(image_path="", single_image_dim=[])
            self.append(SimpleNamespace(tensor_name="", metadata_path="", sprite=sprite))
            return self[-1]  # type: ignore[no-any-return]

    projector = Shim(
        "tensorflow.contrib.tensorboard.plugins.projector",
        {
            "ProjectorConfig": ProjectorConfig,
            "visualize_embeddings": lambda summary_writer, config: None,
        },
    )
    plugins = Shim("tensorflow.contrib.tensorboard.plugins", {"projector": projector})
    return Shim("tensorflow.contrib.tensorboard", {"plugins": plugins})
