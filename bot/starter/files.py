"""What a new library begins with: a commented config.yaml and the three files of rules, as texts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.starter.presets import PRESETS, Host, Preset
from bot.types import Way
from bot.yamlfile import quoted


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What somebody said of a library. `account` signs in to read the lists' mail; `bot` is the address in From.
    `is_dry`: mails are written into a folder until the liaison is content."""

    library: str
    time_zone: str
    liaison: str
    name: str
    address: str
    provider: str
    account: str
    bot: str
    imap: str = ""
    smtp: str = ""
    authentication_server: str = ""
    is_dry: bool = True

    @property
    def preset(self) -> Preset:
        """Of their provider."""
        return PRESETS[self.provider]

    def filled(self, text: str) -> str:
        """A host of the preset, for the mailbox's own domain."""
        return text.replace("{domain}", self.account.rpartition("@")[2])


#: Where passwords, or the secret of an app, are looked for, from the config's folder.
SECRETS: Mapping[str, str] = {
    "imap": "secrets/imap-password", "smtp": "secrets/smtp-password", "app": "secrets/app-secret",
}
_CONFIG = """\
# yaml-language-server: $schema=rules/schema/config.schema.json
#
# The bot's config, set once by whoever runs it. `liaison check` says what is wrong; config.example.yaml, which comes
# with the bot, explains every setting. Relative paths are relative to this file. No password stands here: it is named.

library:
  name: {library}
  time_zone: {time_zone}
  liaison: {liaison}    # an id of rules/people.yaml
  # director: …    # an id of rules/people.yaml; gets a page once a month

mailboxes:
  - name: lists                       # positions are kept by this name; do not change it later
    imap:
{imap}
    folders: [INBOX]
    backfill: {{days: 30, messages: 2000}}        # how much of an old mailbox the first start takes

sending:
  from: {{name: Library Digest, address: {bot}}}
{sending}

trust:
  # As it stands in Authentication-Results of mail you received. Without it the bot cannot know who sent a message, and
  # sends nothing at once.
  authentication_server: {server}
  consortium: [carli.illinois.edu]
  vendors: [exlibrisgroup.com, ebsco.com, proquest.com, oclc.org]

store: var/store.db                   # a file, or a SQLAlchemy URL; back it up
rules: rules                          # areas.yaml, people.yaml, routing.yaml
calendars: var/calendars
health_file: var/health.json
log: {{file: var/liaison.log, level: info}}
"""
_DRY = """\
  folder: var/outbox                  # every mail is written into this folder, and nothing is sent
  # When you are content, take out the line above, and the signs # before these:
"""
_ROUTING = """\
slots:
  daily: {at: "07:30", on: weekdays}
  weekly: {at: "07:30", on: [mon]}

rules:
  - rule: confidential-stays-here
    when: {text: [confidential, "not for distribution", "do not forward"]}
    hold: true
    why: the sender asks that this is not passed on
    examples: {match: Draft budget. Confidential., not: Confidence in numbers}

  # Ten more to copy: the page "Rules, with recipes" of the docs.
"""


def config_text(said: Answers) -> str:
    """config.yaml."""
    preset = said.preset
    imap = _server(preset.imap, said.imap, said, "imap", preset.notes)
    smtp = _server(preset.smtp, said.smtp, said, "smtp", ())
    if said.is_dry:
        off = "\n".join(f"  # {line[2:]}" for line in f"  smtp:\n{smtp}".splitlines())
        sending = f"{_DRY}{off}"
    else:
        sending = f"  smtp:\n{smtp}"
    return _CONFIG.format(
        library=quoted(said.library), time_zone=said.time_zone, liaison=quoted(said.liaison), imap=_deeper(imap),
        bot=quoted(said.bot), sending=sending,
        server=quoted(said.authentication_server or said.filled(preset.authentication_server)))


def _server(host: Host, named: str, said: Answers, kind: str, notes: tuple[str, ...]) -> str:
    lines = [*(f"# {note}" for note in notes), f"host: {quoted(named or said.filled(host.name))}", f"port: {host.port}",
             f"security: {host.security}", f"user: {quoted(said.account)}", _way_in(said.preset, kind)]
    return "\n".join(f"    {line}" for line in lines)


def _way_in(preset: Preset, kind: str) -> str:
    if preset.oauth is None:
        return f"password: {{file: {SECRETS[kind]}}}    # {preset.password}"
    return "oauth: " + (preset.oauth % SECRETS["app"] if kind == "imap" else "same")


def _deeper(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def people_text(said: Answers, shipped: str, areas: Mapping[str, str]) -> str:
    """people.yaml with the liaison, who reads every area until colleagues do; `shipped` is the example's text."""
    head, _, _ = shipped.partition("\npeople:\n")
    reads = ", ".join(f"{area}: {Way.NOW if area == 'downtime' else Way.DAILY}" for area in areas)
    return (f"{head}\npeople:\n  {said.liaison}:\n    name: {quoted(said.name)}\n    address: {quoted(said.address)}\n"
            f"    areas: {{{reads}}}\n\n# groups:\n#   desk: [{said.liaison}]\n")


def routing_text(shipped: str) -> str:
    """routing.yaml with the shipped explanations and one rule."""
    head, _, _ = shipped.partition("\nslots:\n")
    return f"{head}\n{_ROUTING}"
