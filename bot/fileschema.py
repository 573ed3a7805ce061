"""JSON Schemas (2020-12) of what people write: areas.yaml, people.yaml, routing.yaml, config.yaml. Pure.

They come from the models that the bot itself reads the files with; what a model checks by code (a condition that is
empty, a password named twice) is added here, and every setting has a sentence, since editors show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from bot.config import Config
from bot.rulebook import Area, PeopleFile, RoutingFile
from bot.schemawords import FIELDS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

SCHEMAS: Mapping[str, tuple[str, TypeAdapter[Any]]] = {
    "areas": ("The functional areas of the library, each by its id.", TypeAdapter(dict[str, Area])),
    "people": ("Who reads what, and the groups that rules may name.", TypeAdapter(PeopleFile)),
    "routing": ("How mail reaches people beyond the areas that they read, and when digests go out.",
                TypeAdapter(RoutingFile)),
    "config": ("What the operator sets once. No password stands here: it is named.", TypeAdapter(Config)),
}


def schema_of(name: str) -> dict[str, Any]:
    """The schema of one file; `name` without `.yaml`."""
    about, adapter = SCHEMAS[name]
    schema = _tidy(adapter.json_schema(by_alias=True))
    if name == "areas":
        schema["minProperties"] = 1
    for model, part in [(schema.get("title"), schema), *schema.get("$defs", {}).items()]:
        _describe(str(model), part)
        _MENDS.get(str(model), _nothing)(part)
    schema.pop("title", None)
    if name in ("routing", "areas"):  # routing.yaml may be empty: no rules
        schema["type"] = ["object", "null"] if name == "routing" else "object"
    return {"$schema": _DIALECT, "title": f"{name}.yaml", "description": about,
            **{key: value for key, value in schema.items() if key != "description"}}


def _tidy(part: Any) -> Any:
    """Titles and defaults say nothing to an editor that the names do not; a day has its pattern."""
    if isinstance(part, list):
        return [_tidy(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: _tidy(value) for key, value in part.items() if not (key == "default" and _is_schema(part))}
    if "properties" in found:
        for one in found["properties"].values():
            one.pop("title", None)
    if found.get("format") in ("date", "path"):
        if found.pop("format") == "date":
            found["pattern"] = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
        found.setdefault("type", "string")
    return found


def _is_schema(part: dict[str, Any]) -> bool:
    """Whether `default` is a word of the schema here and not the name of a setting."""
    return not isinstance(part.get("default"), dict) or "type" in part or "$ref" in part or "anyOf" in part


def _describe(model: str, part: dict[str, Any]) -> None:
    said = FIELDS.get(model, {})
    for key, field in part.get("properties", {}).items():
        if key in said:
            field["description"] = said[key]


# ── what the models check by code ──


def _nothing(part: dict[str, Any]) -> None:
    """Nothing to add."""


def _one_of(*names: str) -> Callable[[dict[str, Any]], None]:
    def mend(part: dict[str, Any]) -> None:
        part["oneOf"] = [{"required": [name]} for name in names]

    return mend


def _when(part: dict[str, Any]) -> None:
    """No condition is empty, and no line of it."""
    part["minProperties"] = 1
    for field in part["properties"].values():
        if "anyOf" in field and {"type": "null"} in field["anyOf"]:
            field["anyOf"].remove({"type": "null"})
        for form in (field, *field.get("anyOf", ())):
            if form.get("type") == "array":
                form["minItems"] = 1


def _rule(part: dict[str, Any]) -> None:
    does = ("to", "cc-liaison", "send", "tag", "untag", "hold", "never", "stop", "reply-to", "acknowledge")
    part["anyOf"] = [{"required": [name]} for name in does]
    # To keep mail from people there is `never`.
    part["properties"]["send"] = {"enum": ["now", "daily", "weekly"], "description": FIELDS["Rule"]["send"]}


def _examples(part: dict[str, Any]) -> None:
    """One, or several."""
    for name, field in part["properties"].items():
        items = field["items"]
        part["properties"][name] = {"anyOf": [*items["anyOf"], {"type": "array", "items": items}],
                                    "description": field["description"]}


def _holiday(part: dict[str, Any]) -> None:
    part["oneOf"] = [{"required": ["on"]}, {"required": ["from", "until"]}]


_MENDS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "When": _when, "Rule": _rule, "Examples": _examples, "Holiday": _holiday,
    "Mailbox": _one_of("imap", "maildir", "mbox"), "Sending": _one_of("smtp", "folder"),
    "Secret": _one_of("env", "file", "credential"),
    "KeyPlace": _one_of("env", "file", "credential"),
}
