"""The mapping file as an author writes it; playbooks/demo/README.md explains every key."""

from typing import Any, ClassVar

from pydantic import Field

from engine.shapes import Shape


class SourceModel(Shape):
    noun: ClassVar[str] = "a source"

    file: str
    key: str | list[str]
    links: dict[str, str] = Field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)


class AtModel(Shape):
    noun: ClassVar[str] = "an instant"

    column: str
    time: str | None = None
    between: str | None = None
    plus: dict[str, str] = Field(default_factory=dict)
    zone: Any = Field(default_factory=lambda: {"value": "UTC"})


class FactModel(Shape):
    noun: ClassVar[str] = "a fact"

    fact: str
    from_: str = Field(alias="from")
    only: dict[str, Any] = Field(default_factory=dict)
    account: str
    at: AtModel
    fields: dict[str, Any] | None = None
    metric: str | None = None
    value: Any = None
    event: str | None = None
    data: dict[str, Any] | None = None
    contact: dict[str, Any] | None = None
    record: str | None = None
    team: dict[str, Any] | None = None


class MappingModel(Shape):
    noun: ClassVar[str] = "a mapping"

    sources: dict[str, SourceModel]
    maps: dict[str, dict[str, Any]] = Field(default_factory=dict)
    facts: list[FactModel]
