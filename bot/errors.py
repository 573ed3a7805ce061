"""Every error the bot raises on purpose, drawn as a tree; each knows whether trying again can help.

    LiaisonError
    ├── SetupError            the operator's or liaison's to mend; carries file, line, column, mend
    │   ├── ConfigError       config.yaml
    │   ├── RulesError        rules/*.yaml (all mistakes at once, in .problems)
    │   ├── TemplateError     templates/
    │   └── ModelError        models/
    ├── MailboxError          reading mail        (temporary)
    │   └── LoginError        refused credentials (not temporary)
    ├── SendError             sending mail        (temporary)
    │   └── SmtpLoginError    refused credentials (not temporary)
    └── StoreError            the database        (temporary when busy or full)
        └── DamagedError      its file is damaged (a person must restore a copy)

Foreign errors are wrapped at the border where they happen, with `raise … from`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class LiaisonError(Exception):
    """The root. `mend` says in the user's words what to do; `temporary` whether trying again can help."""

    temporary = False

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} {self.mend}".strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One mistake in a file: where it stands (1-based), what is wrong, what was probably meant. `kind` is a word for
    scripts that stays as it is when the sentences change."""

    file: Path
    line: int | None
    column: int | None
    what: str
    mend: str = ""
    source: str = ""
    kind: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{place}: {self.what}" + (f" {self.mend}" if self.mend else "")
        if not self.source or self.column is None or self.column > len(self.source) + 1:
            return text
        # A tab stays a tab in the line of the caret, so that it stands below its place at any width of tabs.
        indent = "".join("\t" if char == "\t" else " " for char in self.source[:self.column - 1])
        return f"{text}\n    {self.source}\n    {indent.ljust(self.column - 1)}^"


class SetupError(LiaisonError):
    """Something that a person wrote is wrong; the bot cannot start with it, or goes on with the last good one."""

    def __init__(self, what: str, mend: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(what, mend)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems) or super().__str__()


class ConfigError(SetupError):
    """config.yaml is wrong."""


class RulesError(SetupError):
    """A file of the liaison's is wrong."""


class TemplateError(SetupError):
    """A template is missing or broken."""


class ModelError(SetupError):
    """The classifier's file is missing, unreadable, of another version, or not what it says it is."""


class MailboxError(LiaisonError):
    """The mailbox cannot be read now."""

    temporary = True


class LoginError(MailboxError):
    """The mail server refused the credentials."""

    temporary = False


class SendError(LiaisonError):
    """The sending server cannot be used now."""

    temporary = True


class SmtpLoginError(SendError):
    """The sending server refused the credentials."""

    temporary = False


class StoreError(LiaisonError):
    """The database cannot be used."""

    def __init__(self, what: str, mend: str = "", *, temporary: bool = False) -> None:
        super().__init__(what, mend)
        self.temporary = temporary


class DamagedError(StoreError):
    """The database's file is not what was written into it."""
