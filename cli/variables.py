"""The environment variables there are, each with what it means: derived from the settings' models."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

PREFIX = "SK2SIEM_"
NESTED = "__"
COLLECTIONS = (tuple, list, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting: `path` leads to it in the root model, `owner` is the section it belongs to."""

    path: tuple[str, ...]
    field: FieldInfo
    owner: type[BaseModel]

    @property
    def name(self) -> str:
        return name_of(self.path)

    @property
    def secret(self) -> bool:
        return SecretStr in _alternatives(self.field.annotation)

    @property
    def choices(self) -> tuple[str, ...]:
        literals = (part for part in _alternatives(self.field.annotation) if get_origin(part) is Literal)
        return tuple(str(choice) for literal in literals for choice in get_args(literal))

    @property
    def is_list(self) -> bool:
        return any((get_origin(part) or part) in COLLECTIONS for part in _alternatives(self.field.annotation))

    @property
    def is_table(self) -> bool:
        return any((get_origin(part) or part) in (dict, Mapping) for part in _alternatives(self.field.annotation))


def name_of(path: Sequence[str]) -> str:
    """The environment variable of the setting at `path`."""
    return PREFIX + NESTED.join(path).upper()


def variables(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Variable]:
    """Every variable, section by section, in the order in which the models declare them."""
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is None:
            yield Variable((*path, name), field, model)
        else:
            yield from variables(section, (*path, name))


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a field that is a section of its own; None for a plain setting."""
    for part in _alternatives(field.annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _alternatives(annotation: object) -> tuple[object, ...]:
    """What a value may be, without the notes that `Annotated` adds."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(found for part in get_args(annotation) for found in _alternatives(part))
    return (annotation,)
