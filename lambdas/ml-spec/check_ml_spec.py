"""Reads a user's MLSpec file without running it: does it parse, and is there what the engine calls?

A Lambda function of its own, with no rights at all: the text may be anything. It is in Python
because only Python's own parser tells what Python would say.
"""

import ast
import difflib
import warnings
from collections.abc import Iterator
from typing import Any

CLASS = "MLSpec"
ENGINE_PYTHON = (3, 11)
"""What the engine's image runs; newer syntax would fail there."""

METHODS = {
    "initialize_run": ("misc_path", "cfg", "mode"),
    "row_prep": ("row", "object_dir", "cfg", "mode"),
    "collate": ("examples", "cfg", "mode"),
    "create_model": ("cfg",),
    "compute_forward": ("model", "batch", "cfg", "mode"),
    "metrics": ("cfg", "mode"),
}
REQUIRED = ("row_prep", "create_model", "compute_forward")

Fault = dict[str, Any]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def handler(event: dict[str, Any], _context: object) -> dict[str, list[Fault]]:
    """Answer ``{"source": text}`` with the faults, each with its line and column from 1."""
    return {"faults": list(faults_of(event["source"]))}


def faults_of(source: str) -> Iterator[Fault]:
    """Find what the engine would stumble over."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, feature_version=ENGINE_PYTHON)
    except SyntaxError as error:
        yield _fault(f"does not parse: {error.msg}", error.lineno or 1, error.offset or 1)
    except (ValueError, RecursionError, MemoryError) as error:
        yield _fault(f"does not parse: {error or 'it is nested too deep'}", 1, 1)
    else:
        yield from _faults_in(tree, source.splitlines())


def _faults_in(tree: ast.Module, lines: list[str]) -> Iterator[Fault]:
    classes = {node.name: node for node in _statements(tree.body) if isinstance(node, ast.ClassDef)}
    ml_spec = classes.get(CLASS)
    if ml_spec is None:
        yield _no_class(classes, lines)
        return
    methods, is_whole = _methods_of(ml_spec, classes)
    for name in REQUIRED:
        if is_whole and name not in methods:
            call = f"{name}({', '.join(('self', *METHODS[name]))})"
            yield _at(ml_spec, f"class {CLASS} lacks the method {call}", lines)
    for name, method in methods.items():
        if isinstance(method, Function) and name in METHODS:
            yield from _method_faults(method, lines)


def _no_class(classes: dict[str, ast.ClassDef], lines: list[str]) -> Fault:
    by_lower = {name.lower(): name for name in classes}
    near = difflib.get_close_matches(CLASS.lower(), by_lower, n=1)
    if not near:
        return _fault(f"defines no class {CLASS}", 1, 1)
    name = by_lower[near[0]]
    return _at(classes[name], f"defines no class {CLASS}; rename class {name}", lines)


def _methods_of(
    of: ast.ClassDef, classes: dict[str, ast.ClassDef], seen: frozenset[str] = frozenset()
) -> tuple[dict[str, ast.stmt], bool]:
    """Members of a class by name, its bases' included, and whether all of its bases are known."""
    members: dict[str, ast.stmt] = {}
    is_whole = not of.keywords
    for base in reversed(of.bases):
        known = classes.get(base.id) if isinstance(base, ast.Name) else None
        if known is not None and known.name not in seen:
            inherited, known_whole = _methods_of(known, classes, seen | {of.name})
            members |= inherited
            is_whole = is_whole and known_whole
        elif not (isinstance(base, ast.Name) and base.id == "object"):
            is_whole = False
    for statement in _statements(of.body):
        members |= dict.fromkeys(_names(statement), statement)
    return members, is_whole


def _names(statement: ast.stmt) -> list[str]:
    """Which names a statement binds, as far as methods are bound."""
    if isinstance(statement, Function):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return []


def _method_faults(method: Function, lines: list[str]) -> Iterator[Fault]:
    if isinstance(method, ast.AsyncFunctionDef):
        yield _at(method, f"{method.name} must be no coroutine: write def, not async def", lines)
    parameters = ("self", *METHODS[method.name])
    if not method.decorator_list and not _takes(method.args, len(parameters)):
        wanted = f"{method.name}({', '.join(parameters)})"
        yield _at(method, f"{method.name} is called as {wanted}; it must take these", lines)


def _takes(arguments: ast.arguments, count: int) -> bool:
    """Whether a function can be called with so many positional arguments and nothing else."""
    positional = len(arguments.posonlyargs) + len(arguments.args)
    fewest = positional - len(arguments.defaults)
    needs_keyword = any(default is None for default in arguments.kw_defaults)
    most_fit = arguments.vararg is not None or count <= positional
    return fewest <= count and most_fit and not needs_keyword


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a block and of the blocks in it that may run as a part of it."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            for block in ("body", "handlers", "orelse", "finalbody"):
                inner = getattr(statement, block, [])
                yield from _statements(
                    [part for each in inner for part in getattr(each, "body", [each])]
                    if block == "handlers"
                    else inner
                )


def _at(node: ast.stmt, detail: str, lines: list[str]) -> Fault:
    """A fault where a statement begins; Python counts columns in bytes, people in characters."""
    before = lines[node.lineno - 1].encode()[: node.col_offset].decode(errors="replace")
    return _fault(detail, node.lineno, len(before) + 1)


def _fault(detail: str, line: int, column: int) -> Fault:
    return {"detail": detail, "line": line, "column": column}
