"""What is fed, by its dtype: where TF1's conversion of a fed Python value and that of a traced function differ."""

from __future__ import annotations

import libcst as cst

from codemods import tables
from codemods.analysis import roles
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Feed, Site
from codemods.analysis.values import Kind, Placeholder
from codemods.findings import Refusal
from codemods.plan import Element, Lowering
from codemods.summary_plan import SummaryElement


def check_feed(staging: Staging, feed: Feed, placeholder: Placeholder) -> None:
    """Raise Refusal where TF1 converts a Python value that TF2 does not: 3.5 for an integer, 1 for a bool."""
    dtype = dtype_name(staging, placeholder)
    if dtype is None:
        return
    numbers = _literals(feed.value)
    if dtype == "bool":
        wrong = [item for item in numbers if not _is_bool(item)]
    elif "int" in dtype:
        wrong = [item for item in numbers if isinstance(item, cst.Float) or _is_bool(item)]
    elif "float" in dtype:
        wrong = [item for item in numbers if _is_bool(item)]
    else:
        wrong = []
    if wrong:
        text = cst.Module([]).code_for_node(wrong[0])
        raise Refusal(
            "TF251", f"{text} is fed to a placeholder of type {dtype}, which TF2 does not convert", feed.value
        )


def check_single(staging: Staging, element: Element, site: Site) -> None:
    """Raise Refusal where a fetch may be more than one tensor, or has no NumPy value: its form is not known."""
    for leaf in element.value.leaves():
        symbol = staging.symbols.of(leaf.node.func) if isinstance(leaf.node, cst.Call) else None
        if leaf.kind is Kind.TENSOR and (leaf.several or _is_structure(symbol) or _gradient_of_rows(staging, symbol)):
            raise Refusal("TF254", "the fetch may be a list, a tuple or a sparse tensor; name its parts", site.call)


def _gradient_of_rows(staging: Staging, symbol: str | None) -> bool:
    """Whether a fetched gradient may be that of looked-up rows, whose value is no array."""
    if symbol is None or roles.role(symbol) is not roles.GRADIENTS:
        return False
    return any(use.name in ("tf.gather", "tf.nn.embedding_lookup") for use in staging.symbols.tf_uses())


def _is_structure(symbol: str | None) -> bool:
    if symbol is None or roles.role(symbol) in (roles.CONTROL, roles.GRADIENTS):
        return False
    last = symbol.rpartition(".")[2]
    return symbol in tables.group("several_results") or last in _STRUCTURES or last.startswith("sparse_re")


# Functions that return several tensors, sparse tensors or other composites, by the last part of their names.
_STRUCTURES = frozenset(
    {
        "SparseTensor", "IndexedSlices", "TensorArray", "RaggedTensor", "all_candidate_sampler", "batch",
        "broadcast_dynamic_shape", "combined_non_max_suppression", "compute_accidental_hits",
        "ctc_beam_search_decoder", "ctc_greedy_decoder", "decode_csv", "decode_wav", "dense_to_sparse",
        "deserialize_many_sparse", "eigh", "fixed_unigram_candidate_sampler", "from_dense", "fused_batch_norm",
        "hessians", "identity_n", "learned_unigram_candidate_sampler", "listdiff", "log_uniform_candidate_sampler",
        "lu", "max_pool_with_argmax", "meshgrid", "moments", "non_max_suppression_padded",
        "non_max_suppression_with_scores", "normalize_moments", "parse_example", "parse_sequence_example",
        "parse_single_example", "parse_single_sequence_example", "qr", "sample_distorted_bounding_box",
        "self_adjoint_eig", "setdiff1d", "set_difference", "set_intersection", "set_union", "shape_n", "sparse_add",
        "sparse_concat", "sparse_fill_empty_rows", "sparse_mask", "sparse_merge", "sparse_retain", "sparse_slice",
        "sparse_split", "sparse_transpose", "split", "string_split", "sufficient_statistics", "svd", "top_k",
        "unicode_decode", "unicode_decode_with_offsets", "uniform_candidate_sampler", "unique", "unique_with_counts",
        "unpack", "unstack", "weighted_moments",
    }
)  # fmt: skip


def check_fetched(staging: Staging, lowering: Lowering, fed: set[Placeholder]) -> None:
    """Raise Refusal where a run returns what it was fed: TF1 hands back the fed object, not a tensor's value."""
    for element in lowering.elements:
        if isinstance(element, SummaryElement):
            continue  # the writer takes what was fed
        for leaf in element.value.leaves():
            found = leaf.payload
            if leaf.kind is not Kind.PLACEHOLDER or not isinstance(found, Placeholder) or found not in fed:
                continue
            shaped = isinstance(found.shape, (cst.List, cst.Tuple)) and bool(found.shape.elements)
            if not shaped or dtype_name(staging, found) in (None, "string"):
                raise Refusal("TF248", "a placeholder is fed and fetched in one run", lowering.site.call)


def dtype_name(staging: Staging, placeholder: Placeholder) -> str | None:
    """The name of a placeholder's dtype, where it is written in the call, or that of the fed tensor it stands for."""
    if placeholder.fed_dtype is not None:
        return placeholder.fed_dtype
    node = placeholder.dtype
    if node is None:
        return None
    if isinstance(node, cst.SimpleString):
        return str(node.evaluated_value)
    symbol = staging.symbols.of(node)
    name = symbol if symbol is not None else node.attr.value if isinstance(node, cst.Attribute) else ""
    return name.rpartition(".")[2] or None


def _literals(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The literal numbers and truth values of a literal, or of a list of literals."""
    if isinstance(node, (cst.Integer, cst.Float)) or _is_bool(node):
        return [node]
    if isinstance(node, cst.UnaryOperation):
        return _literals(node.expression)
    if isinstance(node, (cst.List, cst.Tuple)):
        return [found for element in node.elements for found in _literals(element.value)]
    return []


def _is_bool(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("True", "False")
