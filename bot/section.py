"""What every part of config.yaml is made of: sections without unknown keys, and the places where secrets lie."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A part of the file: no unknown keys, and nothing changes it once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Secret(Section):
    """Where a password lies; exactly one of the three. The password itself never stands in the file."""

    env: str | None = None
    file: Path | None = None
    credential: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_password(cls, value: object) -> object:
        if not isinstance(value, (dict, Secret)):
            raise ValueError("No password stands in this file; it is named. "
                             "Write {env: NAME}, {file: PATH} or {credential: NAME}.")
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Secret:
        if sum(part is not None for part in (self.env, self.file, self.credential)) != 1:
            raise ValueError("A password is named by exactly one of `env`, `file` and `credential`.")
        return self


class KeyPlace(Secret):
    """Where a private key lies; exactly one of the three. The key itself never stands in the file."""

    @model_validator(mode="before")
    @classmethod
    def _no_password(cls, value: object) -> object:
        if not isinstance(value, (dict, Secret)):
            raise ValueError("No key stands in this file; it is named. "
                             "Write {file: PATH}, {env: NAME} or {credential: NAME}.")
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> KeyPlace:
        if sum(part is not None for part in (self.env, self.file, self.credential)) != 1:
            raise ValueError("A key is named by exactly one of `file`, `env` and `credential`.")
        return self
