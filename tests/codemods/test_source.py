"""Bytes and text: kept to the byte, or refused with the reason and the line."""

from __future__ import annotations

import codecs

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from codemods.findings import Status
from codemods.positions import Positions
from codemods.source import SourceError, decode, mentions_tf, parse


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x = 1",
        b"x = 1\r\nif x:\r\n\ty = 2\r\n",
        b"x = 1\r\ny = 2\n",
        b"\n\n# end",
        b"x = 1\n\x0c\ny = 2\n",
        codecs.BOM_UTF8 + b"x = 1\r\n",
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        "# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"),
        "x = 'é'  # €\n".encode(),
    ],
)
def test_kept_to_the_byte(data: bytes) -> None:
    decoded = decode(data)
    assert decoded.encode(parse(decoded.text).code) == data


@pytest.mark.parametrize("data", [b"x = '\xe9'\n", b"# coding: no-such\n", b"\xff\xfex\x00", codecs.BOM_UTF8 + b"\xe9"])
def test_undecodable(data: bytes) -> None:
    with pytest.raises(SourceError) as error:
        decode(data)
    assert (error.value.finding.code, error.value.finding.status) == ("TF803", Status.REFUSED)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("x = 1\ndef f(:\n", "TF801", 2),
        ("x = (\n", "TF801", 1),
        ("x = 1\0\n", "TF801", 1),
        ("if x:\n\ty = 1\n        z = 2\n", "TF801", 3),
        ("x = 1\ry = 2\r", "TF801", 1),
        ("\x0cx = 1\n", "TF801", 1),
        ("x = " + "(" * 500 + "\n", "TF801", 1),
        ("x = 1\nprint 'a'\n", "TF802", 2),
        ("if x: print x\n", "TF802", 1),
        ("print >>f, x\n", "TF802", 1),
        ("try:\n    f()\nexcept E, e:\n    g()\n", "TF802", 3),
        ("exec 'x'\n", "TF802", 1),
        ("raise E, 'x'\n", "TF802", 1),
        ("x = `y`\n", "TF802", 1),
        ("x = ur'a'\n", "TF802", 1),
        ("x = 0777\n", "TF802", 1),
        ("x = 10L\n", "TF802", 1),
        ("if a <> b: pass\n", "TF802", 1),
        ("def f(a, (b, c)):\n    pass\n", "TF802", 1),
    ],
)
def test_unreadable(text: str, code: str, line: int) -> None:
    with pytest.raises(SourceError) as error:
        parse(text)
    finding = error.value.finding
    assert (finding.code, finding.span.line, finding.status) == (code, line, Status.REFUSED)


@pytest.mark.parametrize(
    "text", ["print('a')\n", "print = 3\n", "'''print x'''\n", "x = 'print >>f'\n", "print\n", "exec('x')\n"]
)
def test_python_3_is_not_python_2(text: str) -> None:
    assert parse(text).code == text


def test_prefilter() -> None:
    assert mentions_tf("import tensorflow as tf")
    assert mentions_tf("from keras import layers")
    assert mentions_tf("from utils import *\ntf.log(1)\n")
    assert not mentions_tf("import numpy as np\ntf = np\ntf.log(1)\n")


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "if a:\n    b = (  c  +  d )  # e\n\n\n@f\ndef g(h, i=1): return h [ i ]\n",
        "\r\nfor x in y:\r\n\tf(x,\r\n\t  z)\r\n# end\r\n",
        "x = '''a\nb'''; y = f'{x!r:>3}'\nwith a as b, c: pass\n",
    ],
)
def test_positions_are_those_of_libcst(text: str) -> None:
    module = cst.parse_module(text)
    positions = Positions(module)
    for node, place in MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider).items():
        span = positions[node]
        assert (span.line, span.column) == (place.start.line, place.start.column), node
        assert (span.end_line, span.end_column) == (place.end.line, place.end.column), node
