"""A semester replayed: every mailbox is read back from the real server and checked against what each should have got.

The replay runs once; each test then asks one question of it, and says of every fault who, when and what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import icalendar
import pytest

from tests.flow.house import sums
from tests.flow.semester import oracle
from tests.flow.semester.oracle import DAILY, LEAVE, WEEKLY_ONLY, Due, digest_after, due, is_monday, is_working, zone
from tests.flow.semester.replay import READERS, Mail, Replay, Semester
from tests.flow.semester.scenario import ALL, CHICAGO, FIRST, LAST, Sent, central, scenario
from tests.servers import PASSWORD, MailServers

#: The working days of the weeks around both changes of the clocks.
CHANGES = (date(2026, 10, 30), date(2026, 11, 6)), (date(2027, 3, 12), date(2027, 3, 19))


@pytest.fixture(scope="module")
def semester(mail_servers: MailServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Semester]:
    """Half a year, played once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LIAISON_IMAP_PASSWORD", "LIAISON_SMTP_PASSWORD"):
            patch.setenv(name, PASSWORD)
        patch.setattr("bot.daemon.give_memory_back", lambda: None)  # takes a third of the time, and is not asked here
        replay = Replay(tmp_path_factory.mktemp("semester"), mail_servers, "semester")
        try:
            yield replay.run(scenario())
        finally:
            replay.end()


def told(faults: list[str]) -> None:
    """Fail with all that was found, one fault a line."""
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:60])


def name_of(semester: Semester, slug: str) -> str:
    """A message as a person would name it."""
    sent = semester.scenario.named(slug)
    return f"{slug} ({sent.at:%a %d %b %Y %H:%M}, “{sent.subject}”)"


# ── nothing missing, nothing twice, nothing to the wrong person ───────────────────────────────────────────────────


def test_the_scenario_is_what_was_asked_for(semester: Semester) -> None:
    assert len(semester.scenario.messages) == ALL
    assert len(READERS) == 12
    assert semester.came_in == ALL + len(semester.scenario.answers)
    assert sum(one.is_plot for one in semester.scenario.messages) >= 60


def test_each_message_meets_its_fate(semester: Semester) -> None:
    told([f"{name_of(semester, one.slug)} is {semester.stored[one.slug].disposition.value}, should be {wanted}"
          for one in semester.scenario.messages if one.is_plot
          if semester.stored[one.slug].disposition.value != (wanted := one.must["fate"])])


def test_everybody_has_what_concerns_them_once_and_in_time(semester: Semester) -> None:
    told([wrong for one in due(semester).values() if (wrong := _judge(semester, one))])


def _judge(semester: Semester, one: Due) -> str:
    mails = semester.telling(one.reader, one.slug)
    wanted = f"{one.reader}: {one.kind} at {one.at:%a %d %b %Y %H:%M} with {name_of(semester, one.slug)}"
    if not mails:
        return "" if _is_told_otherwise(semester, one) else f"MISSING  {wanted}"
    if len(mails) > 1:
        return f"TWICE    {wanted}; stands in {'; '.join(map(str, mails))}"
    (mail,), last = mails, one.until or one.at + timedelta(minutes=1)
    if mail.kind != one.kind or not one.at <= mail.at <= last:
        return f"OTHERWISE {wanted}; came as {mail}"
    return ""


def _is_told_otherwise(semester: Semester, one: Due) -> bool:
    """Whether the mail that is due counts it among earlier replies, or leads to it by its subject."""
    mails = [mail for mail in semester.of_kind(one.reader, one.kind) if abs(mail.at - one.at) < timedelta(minutes=1)]
    subject = re.sub(r"(?i)^(?:(?:re|fw|fwd):\s*)+", "", " ".join(semester.scenario.named(one.slug).subject.split()))
    return any(subject in (text := " ".join(mail.text.split())) or
               (one.slug.startswith("talk-") and "earlier repl" in text) for mail in mails)


def test_nobody_has_what_does_not_concern_them(semester: Semester) -> None:
    wanted = due(semester)
    told([f"{mail} shows {name_of(semester, slug)}"
          for reader in READERS for mail in semester.of_kind(reader, "urgent", "digest", "reminder")
          for slug in mail.told if (slug, reader) not in wanted])


def test_no_mail_comes_twice(semester: Semester) -> None:
    ids = Counter(mail.message_id for mails in semester.mails.values() for mail in mails)
    told([f"{name} lies {number} times in the mailboxes" for name, number in ids.items() if number > 1])
    assert {row.state for row in semester.rows} == {"sent"}
    assert sum(ids.values()) == len(semester.rows)
    days = Counter((mail.reader, mail.kind, mail.at.date()) for mails in semester.mails.values() for mail in mails
                   if mail.kind in ("digest", "reminder", "report"))
    told([f"{reader} has {number} {kind}s on {day}" for (reader, kind, day), number in days.items() if number > 1])


def test_the_bot_had_no_trouble(semester: Semester) -> None:
    told([f"{fault.key}: {fault.what}" for fault in semester.faults])
    notices = [mail for reader in READERS for mail in semester.of_kind(reader, "notice")]
    assert {mail.reader for mail in notices} == {"robin"}
    told([str(mail) for mail in notices if "within an hour" not in mail.subject])
    assert date(2027, 2, 24) in {mail.at.date() for mail in notices}


# ── days and hours ────────────────────────────────────────────────────────────────────────────────────────────────


def test_digests_come_at_their_hour_on_working_days(semester: Semester) -> None:
    told([str(mail) for reader in READERS for mail in semester.of_kind(reader, "digest")
          if not (local := mail.at.astimezone(zone(reader))) or local.strftime("%H:%M") != "07:30"
          or not is_working(local.date()) or (reader in WEEKLY_ONLY and not is_monday(local.date()))])


@pytest.mark.parametrize(("first", "last"), CHANGES, ids=["autumn", "spring"])
def test_around_a_change_of_the_clocks_there_is_one_digest_a_day(semester: Semester, first: date, last: date) -> None:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    working = [day for day in days if day.weekday() < 5]
    for reader in DAILY:
        had = [mail.at.astimezone(zone(reader)).date() for mail in semester.of_kind(reader, "digest")]
        assert [day for day in had if first <= day <= last] == working, reader


def test_on_leave_there_is_silence_and_then_one_mail_with_all(semester: Semester) -> None:
    back = digest_after(datetime.combine(LEAVE[1], datetime.max.time(), CHICAGO), "dana")
    meanwhile = [mail for mail in semester.mails["dana"] if LEAVE[0] <= mail.at.date() and mail.at < back]
    told([f"while Dana is away: {mail}" for mail in meanwhile])
    first = next(mail for mail in semester.mails["dana"] if mail.at >= back)
    assert first.kind == "digest" and first.at.date() == back.date()
    assert len(first.told) > 5, str(first)


def test_weekly_readers_have_mondays_only(semester: Semester) -> None:
    for reader in ("pat", "ines"):
        days = [mail.at.date() for mail in semester.of_kind(reader, "digest")]
        assert date(2027, 1, 19) in days, f"{reader}: the Monday of 18 January is a holiday, Tuesday stands in"
        assert all(day.weekday() == 0 or day == date(2027, 1, 19) for day in days), (reader, days)


# ── incidents ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_follows_stands_in_the_thread_of_the_first_mail(semester: Semester) -> None:
    faults = []
    for sent in (one for one in semester.scenario.messages if one.must.get("follows")):
        for reader in sent.must["now"]:
            firsts = _urgent(semester, reader, sent.must["follows"])
            for mail in _urgent(semester, reader, sent.slug):
                named = f"{mail.mail['In-Reply-To']} {mail.mail['References']}"
                if not firsts or firsts[0].message_id not in named:
                    faults.append(f"{mail} is not in the thread of {'; '.join(map(str, firsts)) or 'any first mail'}")
    told(faults)


def _urgent(semester: Semester, reader: str, slug: str) -> list[Mail]:
    return [mail for mail in semester.telling(reader, slug) if mail.kind == "urgent"]


def test_five_posts_with_five_subjects_are_one_outage(semester: Semester) -> None:
    posts = [semester.stored[f"outage-{number}"] for number in range(1, 6)]
    assert len({one.incident for one in posts}) == 1
    others = ("window-planned", "night-down", "holiday-window", "sauk-hollow")
    assert posts[0].incident not in {semester.stored[slug].incident for slug in others}
    day = date(2026, 11, 11)
    for reader in ("robin", "dana", "sam", "noor", "kim"):
        (digest,) = (mail for mail in semester.of_kind(reader, "digest") if mail.at.date() == day)
        assert "Resolved" in digest.text and "Going on now" not in digest.text, str(digest)
        assert "sent to you" in digest.text.lower(), f"{digest} does not say what was sent at once"


def test_copies_stand_once_with_all_their_lists(semester: Semester) -> None:
    (digest,) = semester.telling("lee", "stacks-day")
    line = next(line for line in digest.text.splitlines() if line.startswith("Ruth Kessinger"))
    assert "announce" in line.lower() and "i-shareliaisons" in line.lower(), line


def test_where_nobody_answers_the_deputies_hear_of_it(semester: Semester) -> None:
    mails = (mail for reader in READERS for mail in semester.of_kind(reader, "urgent"))
    second = [mail for mail in mails if mail.subject.startswith("No answer yet")]
    assert sorted((mail.reader, f"{mail.at:%m-%d}") for mail in second) == [("kim", "01-26"), ("robin", "01-26")]


def test_what_is_too_much_for_an_hour_comes_as_one_list(semester: Semester) -> None:
    for reader in ("dana", "lee"):
        mails = [mail for mail in semester.of_kind(reader, "urgent") if mail.at.date() == date(2027, 2, 24)]
        assert [len(mail.told) for mail in mails] == [1, 1, 1, 1, 1, 1, 2], "\n".join(map(str, mails))


def test_originals_hang_on_the_digest_of_who_wants_them(semester: Semester) -> None:
    names = {one.slug: one.message_id for one in semester.scenario.messages}
    for mail in semester.of_kind("casey", "digest"):
        missing = {names[slug] for slug in mail.told} - set(mail.originals)
        assert not missing, f"{mail} shows {missing} without the original"
    assert not any(mail.originals for reader in READERS if reader != "casey" for mail in semester.mails[reader])


# ── dates ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_reminders_come_on_the_days_that_the_plot_names(semester: Semester) -> None:
    faults = []
    for slug, one in semester.scenario.happenings.items():
        for reader in READERS:
            had = [mail.at.astimezone(zone(reader)).date() for mail in semester.mails[reader]
                   if re.search(one["title"], " ".join(reminders(mail).split()))]
            wanted = one["remind"] if reader in one["who"] else []
            if had != wanted:
                faults.append(f"{reader} is reminded of {slug} on {_days(had)}, should be on {_days(wanted)}")
    told(faults)


def reminders(mail: Mail) -> str:
    """What a mail reminds of."""
    if mail.kind == "reminder":
        return mail.text.partition("\n-- ")[0]
    found = re.search(r"(?ms)^REMINDERS\n-+\n(.*?)(?:\n\n\n|\Z)", mail.text) if mail.kind == "digest" else None
    return found[1] if found else ""


def _days(days: list[date]) -> str:
    return ", ".join(f"{day:%a %d %b}" for day in days) or "no day"


def test_a_reminder_of_its_own_comes_only_without_a_digest(semester: Semester) -> None:
    digests = {(mail.reader, mail.at.date()) for reader in READERS for mail in semester.of_kind(reader, "digest")}
    told([str(mail) for reader in READERS for mail in semester.of_kind(reader, "reminder")
          if (reader, mail.at.date()) in digests or mail.at.date() in oracle.CLOSED])


def test_calendars_follow_what_is_moved_and_called_off(semester: Semester) -> None:
    faults = []
    for slug, one in semester.scenario.happenings.items():
        seen = {reader: [event for mail in semester.mails[reader] for event in events(mail, one["title"])]
                for reader in READERS}
        versions = [(words["start"].replace(":00Z", ":00+00:00").replace("Z", "+00:00"),
                     words.get("status", "CONFIRMED")) for words in one["told"]]
        uids = {event[0] for had in seen.values() for event in had}
        if len(uids) != 1 or one.get("uid", *uids) not in uids:
            faults.append(f"{slug} has the UIDs {uids}")
        for reader, had in seen.items():
            faults += [f"{reader}, {slug}: {wrong}" for wrong in _follow(had, versions, reader in one["who"])]
    told(faults)


def events(mail: Mail, title: str) -> list[tuple[str, int, str, str]]:
    """Of each event of that name in a mail's calendar: UID, SEQUENCE, start, STATUS."""
    return [(str(one["UID"]), int(one["SEQUENCE"]), one["DTSTART"].dt.isoformat(timespec="minutes")
             if isinstance(one["DTSTART"].dt, datetime) else one["DTSTART"].dt.isoformat(), str(one["STATUS"]))
            for part in mail.calendars for one in icalendar.Calendar.from_ical(part).walk("VEVENT")
            if re.search(title, str(one["SUMMARY"]))]


def _follow(had: list[tuple[str, int, str, str]], versions: list[tuple[str, str]], must: bool) -> Iterator[str]:
    """What is wrong with the versions that one reader's calendar was given, in order."""
    said = [(start, status) for _, _, start, status in had]
    if said != [one for one in versions if one in said]:
        yield f"was told {said}, the versions are {versions}"
    numbers = [sequence for _, sequence, _, _ in had]
    if numbers != sorted(set(numbers)):
        yield f"SEQUENCE goes {numbers}"
    if must and said[-1:] != versions[-1:]:
        yield f"was last told {said[-1:] or 'nothing'}, should be {versions[-1]}"
    if had and not must:
        yield f"has to do with it as little as nothing, and was told {said}"


# ── reports ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_day_adds_up_and_all_days_are_all_that_came(semester: Semester) -> None:
    reports = semester.of_kind("robin", "report")
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    assert [mail.at.date() for mail in reports] == [day for day in days if is_working(day)]
    numbers = [sums(mail.mail) for mail in reports]
    told([f"{mail}: {total} received, but {parts} make {sum(parts)}"
          for mail, (total, parts) in zip(reports, numbers, strict=True) if total != sum(parts)])
    since, faults = None, []
    for mail, (total, _) in zip(reports, numbers, strict=True):
        came = [one for one in _arrivals(semester) if (since is None or one >= since) and one < mail.at]
        if total != len(came):
            faults.append(f"{mail} says {total} received; {len(came)} came since {since:%a %d %b %H:%M}")
        since = mail.at
    told(faults)
    assert sum(total for total, _ in numbers) == semester.came_in


def _arrivals(semester: Semester) -> list[datetime]:
    answers = [central(one["at"]) for one in semester.scenario.answers.values()]
    return [*(one.at for one in semester.scenario.messages), *answers]


def test_what_is_held_stands_in_the_report_and_nowhere_else(semester: Semester) -> None:
    for slug in ("confidential", "patron", "forged"):
        sent: Sent = semester.scenario.named(slug)
        report = next(mail for mail in semester.of_kind("robin", "report") if mail.at > sent.at)
        assert "to decide" in report.subject, f"{report} does not ask to decide on {name_of(semester, slug)}"
        everywhere = [mail for mails in semester.mails.values() for mail in mails if mail.kind != "report"]
        told([f"{mail} has the held {slug}" for mail in everywhere if sent.subject in " ".join(mail.text.split())])
