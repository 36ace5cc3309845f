"""Listings come in pages, each from the key after the last one's, so that what changes meanwhile skips nothing."""

from pydantic import BaseModel, ConfigDict, Field


class Page(BaseModel):
    """The base of what a listing may be asked; a name that it does not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: str = Field("", max_length=300, description="The `next` of the page before")
    limit: int = Field(100, ge=1, le=1_000, description="At most so many")
