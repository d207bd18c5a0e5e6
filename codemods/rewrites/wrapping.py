"""Calls that got too long for one line: their arguments on lines of their own.

A call that is wrapped may lose arguments to a later rewrite. The line breaks are marked, so that it can be laid out
again in the end; those of the user are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

_WIDTH = 95  # of a line of arguments
_MARK = "\n"  # libcst's parser leaves the newlines of a text without a value
_Space = cst.BaseParenthesizableWhitespace


def has_lines(call: cst.Call) -> bool:
    """Whether the arguments of a call are written on several lines."""
    return any(isinstance(space, cst.ParenthesizedWhitespace) for space in _spaces(call))


def wrapped(call: cst.Call, passing: Callable[[cst.Arg], bool]) -> cst.Call:
    """``call`` with marked line breaks, if it is too long; arguments that are ``passing`` do not count."""
    return _laid_out(call, _MARK, passing)


def rewrapped(call: cst.Call) -> cst.Call:
    """``call`` laid out again, if `wrapped` put line breaks into it."""
    if not any(_is_marked(space) for space in _spaces(call)):
        return call
    args = [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in call.args]
    flat = call.with_changes(args=args, whitespace_before_args=cst.SimpleWhitespace(""))
    return _laid_out(flat, None, lambda _: False)


def _laid_out(call: cst.Call, newline: str | None, passing: Callable[[cst.Arg], bool]) -> cst.Call:
    code = cst.Module([]).code_for_node
    if len(code(call)) - sum(len(code(arg)) for arg in call.args if passing(arg)) <= _WIDTH:
        return call
    first = cst.TrailingWhitespace(newline=cst.Newline(value=newline))
    line = cst.ParenthesizedWhitespace(first_line=first, indent=True, last_line=cst.SimpleWhitespace("    "))
    args: list[cst.Arg] = []
    used = 0
    for arg in call.args:
        plain = arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        size = 0 if passing(arg) else len(code(plain)) + 2
        if args and size and used + size > _WIDTH:
            args[-1] = args[-1].with_changes(comma=cst.Comma(whitespace_after=line.deep_clone()))
            used = 0
        elif args:
            args[-1] = args[-1].with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
        args.append(plain)
        used += size
    return call.with_changes(args=args, whitespace_before_args=line.deep_clone())


def _spaces(call: cst.Call) -> list[_Space]:
    found: list[_Space] = [call.whitespace_before_args]
    return found + [arg.comma.whitespace_after for arg in call.args if isinstance(arg.comma, cst.Comma)]


def _is_marked(space: _Space) -> bool:
    return isinstance(space, cst.ParenthesizedWhitespace) and space.first_line.newline.value == _MARK
