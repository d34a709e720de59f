"""The bodies that people's calls take, checked before anything else looks at them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from lib.auth.keyring import MOST_OVERLAP_SECONDS, OVERLAP_SECONDS


def _whole(given: object) -> object:
    """JSON knows one kind of number: 60.0 is as whole as 60."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


type Whole = Annotated[int, BeforeValidator(_whole)]


class Body(BaseModel):
    """What is not asked for is refused, and nothing is turned into what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Credentials(Body):
    email: str = Field(min_length=1, max_length=1_000)
    password: str = Field(min_length=1, max_length=1_000)


class WantedKey(Body):
    name: str = Field(max_length=200)
    scopes: list[str] = Field(default=["write"], max_length=10)
    server: str | None = Field(default=None, max_length=400)
    tags: list[str] | None = Field(default=None, max_length=100)
    cidrs: list[str] = Field(default=[], max_length=100)
    expires_at: AwareDatetime | None = Field(default=None, strict=False)


class KeyChange(Body):
    name: str = Field(default="", max_length=200)
    tags: list[str] | None = Field(default=None, max_length=100)
    cidrs: list[str] = Field(default=[], max_length=100)
    expires_at: AwareDatetime | None = Field(default=None, strict=False)


class Rotation(Body):
    overlap_seconds: Whole = Field(default=OVERLAP_SECONDS, ge=0, le=MOST_OVERLAP_SECONDS)


class WantedUser(Body):
    email: str = Field(max_length=1_000)
    role: str = Field(max_length=20)
    name: str = Field(default="", max_length=200)
    tags: list[str] | None = Field(default=None, max_length=100)
    password: str | None = Field(default=None, min_length=1, max_length=1_000)


class UserChange(Body):
    name: str = Field(default="", max_length=200)
    role: str = Field(default="", max_length=20)
    tags: list[str] | None = Field(default=None, max_length=100)
    disabled: bool = False


class WantedPassword(Body):
    password: str | None = Field(default=None, min_length=1, max_length=1_000)


class PasswordChange(Body):
    current: str = Field(min_length=1, max_length=1_000)
    password: str = Field(min_length=1, max_length=1_000)
