"""A sentence for every setting of the files that people write: what an editor shows beside it."""

from __future__ import annotations

from collections.abc import Mapping

_SECRET = {"env": "The environment variable that holds it.", "file": "The file that holds it, mode 600.",
           "credential": "The systemd credential that holds it."}
_FROM = "The first day, as in 2026-12-18."
_SERVER = {
    "host": "The server's name.", "security": "tls from the start, starttls, or none.", "user": "Who signs in.",
    "port": "The server's port.",
    "password": "Where the password lies: {env: NAME}, {file: PATH} or {credential: NAME}.",
    "ca_file": "A certificate authority of the campus's own, in PEM.",
    "timeout_seconds": "How long the server may take for an answer.",
}

#: Model, setting, sentence.
FIELDS: Mapping[str, Mapping[str, str]] = {
    "Area": {
        "label": "What readers see. Change it whenever you like; keep the id.",
        "about": "One line in your own words; the bot also understands mail by it.",
        "lists": "E-mail lists whose posts are often about this area: evidence, not proof.",
        "words": "Words and phrases that show the area. Endings do not matter; /…/ is a regular expression.",
        "senders": "Addresses or domains whose mail belongs here.",
        "lead": "Who is in charge of the area: an id of people.yaml.",
        "mandatory_for": "People or groups who cannot switch this area off.",
        "retention": "How long the texts of its mail are kept, as in 18 months; for ever if left out.",
        "checklist": "What to think of when a system is down; shown on top of downtime mail.",
    },
    "PeopleFile": {
        "people": "Everybody who gets mail, each by an id that the other files use.",
        "groups": "Names for several people, for `to`, `never` and `mandatory_for`. `everyone` is there already.",
    },
    "Person": {
        "name": "The name as it stands in mails.", "address": "Where their mail goes.",
        "areas": "The areas they read, and how: now, daily, weekly or never. A digest keeps this order.",
        "time_zone": "Their own time zone, as in America/New_York; else the library's.",
        "deputy": "Who gets what cannot wait while they are away: an id of this file.",
        "away": "Leave: {from: 2026-12-18, until: 2027-01-04}, both days included.",
        "quiet": "Hours in which only what is critical disturbs them.",
        "posts": "summaries, or full texts in their digest.",
        "language": "What mails to them are written in: en or es, or a language of the library's own templates.",
        "originals": "Hang the posts on the digest as they came.",
    },
    "Away": {"from": _FROM, "until": "The last day away."},
    "Quiet": {"from": "From this time of an evening, as in \"20:00\".", "until": "Until this time of a morning.",
              "weekends": "All of Saturday and Sunday, too."},
    "RoutingFile": {
        "slots": "When the daily and the weekly digest go out.",
        "holidays": "Days on which the library is closed: no digest, and at once only what is critical.",
        "expect": "How long each list may be quiet, as in 7 days, 3 weeks or any.",
        "rules": "Every rule whose `when` holds applies, from top to bottom.",
    },
    "Slot": {"at": "The time of day, as in \"07:30\".", "on": "The days: weekdays, every day, mon, [mon, thu] …"},
    "Holiday": {"name": "What it is called.", "on": "A single day.", "from": _FROM, "until": "The last day."},
    "Rule": {
        "rule": "The rule's name, its own; digests name it.", "when": "When it holds.",
        "to": "People or groups who get it, too.",
        "send": "In this way: now, daily or weekly. Without `to`, for all who get it anyway, if it is sooner.",
        "cc-liaison": "You get it, too, in the same way.",
        "tag": "The message is about these areas, too.", "untag": "The message is not about these areas.",
        "examples": "Mails that the rule must match, or must not; liaison check tries them.",
        "hold": "Nobody gets it; you decide.",
        "never": "People or groups who do not get it.", "stop": "No later rule, and no area, adds readers.",
        "reply-to": "Where replies to a mail sent at once go.",
        "acknowledge": "An answer to a mail sent at once is wanted within this time, as in 30m or 2h.",
        "why": "One sentence; readers see it under the message.",
    },
    "Examples": {
        "match": "Numbers of messages, files (saved.eml) of this folder, or short texts: the rule holds for them.",
        "not": "The same, for which it must not hold.",
    },
    "Written": {
        "subject": "The subject.", "text": "What it says.", "sender": "The address that it comes from.",
        "list": "The list that it came through.",
    },
    "When": {
        "list": "The message, or a copy of it, came through one of these lists.",
        "area": "It is about one of these areas; {cataloging: 0.8}: and the bot is as sure as that.",
        "sender": "Addresses, domains, or words of the name.",
        "subject": "The subject has one of these words; /…/ is a regular expression.",
        "text": "Subject or new text has one of these words; quoted text does not count.",
        "header": "Headers by name, each with words that it must say.",
        "attachment": "true, false, endings (.xlsx), media types, or words of a file's name.",
        "has-event": "It tells a date: true, false, or maintenance, training, meeting, deadline.",
        "has-request": "It asks something of the library.",
        "thread": "first: it opens a conversation; reply: it is an answer; or the Message-ID of a conversation.",
        "age": "How old it was when it came in: over 2 days, under 1 hour.",
        "urgent": "Staff must know within the hour (or, with false, need not).",
        "all": "All of these conditions hold.", "any": "One of these conditions holds.",
        "not": "This condition does not hold.",
    },
    "Ping": {
        "url": "Asked (GET) while all is well; with /fail behind it when something is not.",
        "every_minutes": "How often; what changes is told at once.",
    },
    "Config": {
        "library": "Whose bot this is.", "mailboxes": "The accounts whose mail is read.",
        "sending": "How mails leave.", "trust": "Whose word counts.",
        "store": "Where everything lies: a file, or a SQLAlchemy URL.",
        "rules": "The folder of areas.yaml, people.yaml and routing.yaml.",
        "templates": "A folder of your own; each file in it replaces the shipped one.",
        "model": "A classifier of your own.", "health_file": "Written every minute or sooner, for a watcher outside.",
        "calendars": "The folder of the calendar files.",
        "quiet_after_minutes": "No successful look into a mailbox for so long is a fault.",
        "least_free_mb": "Less free space where the store lies is a fault, in MB.",
        "operator": "Whoever runs the bot: an address that is told of faults, too.",
        "ping": "An outside watcher that is asked while all is well.",
        "log": "Where the log goes.",
    },
    "Library": {
        "name": "The library's name, as readers know it.", "time_zone": "As in America/Chicago.",
        "language": "What mails are written in: en or es. A person may choose another one.",
        "liaison": "The liaison: an id of people.yaml.",
        "director": "Who gets the monthly page: an id of people.yaml.",
        "instances": "Your own instances of hosted systems, as vendors' status mails name them.",
    },
    "Mailbox": {
        "name": "Positions are kept by this name; do not change it later.", "imap": "An account on a mail server.",
        "maildir": "A Maildir.", "mbox": "An mbox archive.", "folders": "The folders to read.",
        "backfill": "How much of an old mailbox the first start takes.", "idle": "Be woken by the server.",
        "poll_minutes": "How often it is looked into all the same.",
        "largest_message_mb": "Of a longer message only the headers are read.", "batch": "Messages in a transaction.",
    },
    "Backfill": {"days": "So many days back at most.", "messages": "So many messages at most."},
    "ImapServer": _SERVER, "SmtpServer": _SERVER, "Secret": _SECRET, "KeyPlace": _SECRET,
    "Sender": {
        "name": "The name in From.", "address": "The address in From.",
        "envelope_sender": "Where bounces go; somebody should read it.",
        "list_id": "The List-Id of all that the bot sends (RFC 2919).",
    },
    "Sending": {
        "from": "The bot's own name and address.", "smtp": "The server that takes the mails.",
        "folder": "Instead of smtp: write every mail into this folder, send nothing.",
        "per_minute": "So many mails in a minute at most.", "give_up_hours": "How long a mail is tried again.",
        "urgent_per_hour": "Mails at once to one reader in an hour; what exceeds it goes as one list.",
        "answers": "An address whose mail one of the mailboxes gets, for rules that `acknowledge`.",
        "dkim": "Sign what is sent (RFC 6376).",
    },
    "Dkim": {"selector": "Any word that no other key of the domain uses.", "domain": "The domain that signs.",
             "key": "Where the private key lies."},
    "Trust": {
        "authentication_server": "Your mail server, as it stands in Authentication-Results.",
        "consortium": "The consortium's domains.", "vendors": "Vendors' domains.",
        "members": "Fellow libraries' domains.",
    },
    "Log": {"file": "The file; else the terminal.", "level": "How much it says."},
}
