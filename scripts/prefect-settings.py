"""Prints Prefect's settings as JSON: names by type, former names, secrets. Run by prefect-settings.mjs."""

import datetime
import inspect
import json
import pathlib
import typing

import prefect
from annotated_types import Ge, Gt, Le
from prefect.settings import Settings
from prefect.settings.base import PrefectBaseSettings
from pydantic import AliasChoices, SecretStr

# Types that a text is turned into by a function of Prefect's own; what such a text looks like was read there.
SPECIAL = {
    "PREFECT_CLIENT_RETRY_EXTRA_CODES": "codes",
    "PREFECT_CLIENT_CUSTOM_HEADERS": "json",
    "PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS": "float",
    "PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS": "floats",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "bool|list",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES": "json",
    "PREFECT_TESTING_TEST_SETTING": "text",
}


def bare(annotation):
    """The type without `None`."""
    args = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
    if typing.get_origin(annotation) in (typing.Union, type(int | str)) and len(args) == 1:
        return args[0]
    return annotation


def bounds(metadata):
    out = ""
    for item in metadata:
        if isinstance(item, (Gt, Ge, Le)):
            sign, limit = next((s, getattr(item, a)) for s, a in ((">", "gt"), (">=", "ge"), ("<=", "le")) if hasattr(item, a))
            seconds = limit.total_seconds() if isinstance(limit, datetime.timedelta) else limit
            out += f"{sign}{seconds:g}"
    return out


def kind(name, field):
    if name in SPECIAL:
        return SPECIAL[name]
    annotation = bare(field.annotation)
    converters = [m for m in field.metadata if hasattr(m, "func")]
    if annotation is SecretStr:
        return "secret"
    if typing.get_origin(annotation) is typing.Literal:
        values = typing.get_args(annotation)
        return "level" if "CRITICAL" in values else "enum:" + "|".join(values)
    if annotation is datetime.timedelta:
        # Without the converter a bare number of seconds is refused in a text.
        return ("seconds" if converters else "duration") + bounds(field.metadata)
    if annotation is str:
        return "url" if name.endswith("_URL") else "text"
    if annotation is pathlib.Path:
        return "path"
    if annotation in (bool, int, float):
        return annotation.__name__ + bounds(field.metadata)
    if converters and "set[str]" in str(annotation) or "list[str]" in str(annotation):
        return "list"
    raise SystemExit(f"{name} has a type that is not known here: {field.annotation} {field.metadata}")


types, aliases = {}, {}


def walk(model):
    for field_name, field in model.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, PrefectBaseSettings):
            walk(field.annotation)
            continue
        name = f"{model.model_config.get('env_prefix')}{field_name.upper()}"
        types.setdefault(kind(name, field), []).append(name)
        if isinstance(field.validation_alias, AliasChoices):
            for choice in field.validation_alias.choices:
                if isinstance(choice, str) and choice.upper() != name:
                    aliases[choice.upper()] = name


walk(Settings)
print(
    json.dumps(
        {
            "prefect": prefect.__version__,
            "types": {key: sorted(types[key]) for key in sorted(types)},
            "aliases": dict(sorted(aliases.items())),
        }
    )
)
