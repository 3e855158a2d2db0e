"""The JSON schema of reports, read off the dataclasses that they are made of."""

from __future__ import annotations

import inspect
import json
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from qdsl.analysis.findings import Scaling
from qdsl.report import scaling
from qdsl.report.data import SCHEMA, PassFacts, Report
from qdsl.verify.result import Verification

_PLAIN = {int: "integer", float: "number", str: "string", bool: "boolean"}
_HIDDEN = {(PassFacts, "seconds")}  # not in the JSON form
_ADDED: dict[type, dict[str, Any]] = {
    Report: {"schema": {"const": SCHEMA}},
    Verification: {"verified": {"type": "boolean"}},
}


def schema_text() -> str:
    """`docs/reference/report.schema.json`, line break at the end."""
    return document_schema(Report, SCHEMA)


def scaling_schema_text() -> str:
    """`docs/scaling.schema.json`, line break at the end."""
    added: dict[str, Any] = {
        "schema": {"const": scaling.SCHEMA},
        "source": {"type": "string"},
        "model": {"type": "string"},
    }
    return document_schema(Scaling, scaling.SCHEMA, added)


def document_schema(kind: type, title: str, added: dict[str, Any] | None = None) -> str:
    """The schema of a document that is one dataclass, with properties `added` beside it."""
    definitions: dict[str, Any] = {}
    root = _schema(kind, definitions)
    if added:
        root = _object(kind, definitions)
        root["properties"] = {**added, **root["properties"]}
        root["required"] = [*added, *root["required"]]
        del definitions[kind.__name__]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(document, indent=2) + "\n"


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if kind is NoneType:
        return {"type": "null"}
    if is_dataclass(kind):
        return _reference(kind, definitions)
    if origin is UnionType:
        return {"anyOf": [_schema(a, definitions) for a in arguments]}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if origin is not tuple:
        raise TypeError(f"reports hold no {kind}")
    if arguments[-1] is ...:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    items = [_schema(a, definitions) for a in arguments]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}


def _reference(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}  # it may be met again inside
        definitions[kind.__name__] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _object(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    shown = [f for f in fields(kind) if (kind, f.name) not in _HIDDEN]
    properties = dict(_ADDED.get(kind, {}))
    properties |= {f.name: _schema(hints[f.name], definitions) for f in shown}
    required = [*_ADDED.get(kind, {}), *(f.name for f in shown if f.default is MISSING)]
    return {
        "description": " ".join((inspect.getdoc(kind) or "").split()),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
