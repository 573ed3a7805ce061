"""The sample mailbox: believable, the same each time, never from the future, and laid once."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parsedate_to_datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from bot.sample.lay import compose, lay
from bot.sample.posts import Laying, Post, add_workdays, fill, last_workday, read_sample

ZONE = ZoneInfo("America/Chicago")
WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]

NOWS = {
    "wednesday": datetime(2026, 3, 4, 11, 0, tzinfo=ZONE),
    "early-monday": datetime(2026, 10, 5, 6, 10, tzinfo=ZONE),
    "between-two-messages": datetime(2026, 10, 6, 8, 40, 30, 500, tzinfo=ZONE),
    "minutes-after-midnight": datetime(2026, 10, 6, 0, 5, tzinfo=ZONE),
    "saturday": datetime(2026, 5, 16, 12, 0, tzinfo=ZONE),
    "new-year": datetime(2027, 1, 1, 9, 0, tzinfo=ZONE),
    "leap-day": datetime(2028, 2, 29, 17, 0, tzinfo=ZONE),
    "before-spring-forward": datetime(2026, 3, 8, 1, 59, tzinfo=ZONE),
    "after-spring-forward": datetime(2026, 3, 8, 3, 1, tzinfo=ZONE),
    "monday-after-spring-forward": datetime(2026, 3, 9, 8, 0, tzinfo=ZONE),
    "first-half-past-one": datetime(2026, 11, 1, 1, 30, tzinfo=ZONE),
    "second-half-past-one": datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZONE),
    "monday-after-fall-back": datetime(2026, 11, 2, 0, 30, tzinfo=ZONE),
    "in-utc": datetime(2026, 6, 10, 2, 30, tzinfo=UTC),
}


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(raw)


@cache
def laid(case: str) -> list[tuple[str, bytes]]:
    return compose(NOWS[case], ZONE)


@cache
def sample_at(case: str) -> dict[str, EmailMessage]:
    return {stem.partition("-")[2]: parsed(raw) for stem, raw in laid(case)}


def texts(message: EmailMessage) -> list[str]:
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    return [str(message["Subject"]), *(part.get_content() for part in parts)]


@pytest.fixture(params=list(NOWS))
def case(request: pytest.FixtureRequest) -> str:
    return cast(str, request.param)


@pytest.fixture(scope="module")
def wednesday() -> dict[str, EmailMessage]:
    return sample_at("wednesday")


def test_same_now_same_bytes(case: str) -> None:
    assert compose(NOWS[case], ZONE) == laid(case)


def test_two_weeks_of_mail_oldest_first(case: str) -> None:
    arrived = [parsedate_to_datetime(m["Received"].rpartition(";")[2]) for m in sample_at(case).values()]
    assert 58 <= len(arrived) <= 70
    assert all(one < two for one, two in pairwise(arrived))
    assert timedelta(days=9) < arrived[-1] - arrived[0] < timedelta(days=15)


def test_nothing_from_the_future(case: str) -> None:
    for slug, message in sample_at(case).items():
        stamps = [message["Date"], *(value.rpartition(";")[2] for value in message.get_all("Received", []))]
        assert all(parsedate_to_datetime(str(stamp)) <= NOWS[case] for stamp in stamps), slug


def test_every_message_is_on_its_working_day(case: str) -> None:
    today = last_workday(NOWS[case].astimezone(ZONE).date())
    posts = read_sample().posts
    for slug, message in sample_at(case).items():
        if posts[slug].ago is None:
            assert message["Date"].datetime.astimezone(ZONE).date() == add_workdays(today, posts[slug].day), slug


def test_what_goes_on_now_was_sent_today(case: str) -> None:
    ages = [NOWS[case] - message["Date"].datetime for slug, message in sample_at(case).items()
            if read_sample().posts[slug].ago is not None]
    assert len(ages) == 3
    assert all(timedelta(0) <= age < timedelta(hours=3) for age in ages)


def test_no_defects(case: str) -> None:
    for slug, message in sample_at(case).items():
        for part in message.walk():
            headers = [defect for value in part.values() for defect in getattr(value, "defects", ())]
            assert [*part.defects, *headers] == [], slug


def test_weekdays_agree_with_dates(case: str) -> None:
    found = 0
    pattern = rf"\b({WEEKDAYS}), ({'|'.join(MONTHS)}) (\d+)(?:,\s(\d{{4}}))?"
    for slug, message in sample_at(case).items():
        sent = message["Date"].datetime.date()
        for weekday, month, day, year in re.findall(pattern, " ".join("\n".join(texts(message)).split())):
            meant = nearest(sent, MONTHS.index(month) + 1, int(day))
            assert (meant.strftime("%A"), str(meant.year)) == (weekday, year or str(meant.year)), slug
            found += 1
    assert found > 60


def nearest(sent: date, month: int, day: int) -> date:
    """That day of that month in the year that lies closest; February 29 only where there is one."""
    years = [year for year in (sent.year - 1, sent.year, sent.year + 1) if (month, day) != (2, 29) or year % 4 == 0]
    return min((date(year, month, day) for year in years), key=lambda meant: abs(meant - sent))


def test_no_day_is_written_by_hand() -> None:
    by_hand = rf"\b({WEEKDAYS}|{'|'.join(set(MONTHS) - {'May', 'March'})}|tomorrow|yesterday)\b"
    for post in read_sample().posts.values():
        bare = re.sub(r"\{[^{}]*\}", "", post.subject + post.text)
        assert re.search(by_hand, bare, re.IGNORECASE) is None, post.slug


def test_no_placeholder_is_left(case: str) -> None:
    for slug, message in sample_at(case).items():
        without_style = [re.sub(r"(?s)<style>.*?</style>", "", text) for text in texts(message)]
        assert not any("{" in text or "}" in text for text in without_style), slug


@pytest.mark.parametrize("when", ["{windwo}", "{next sundy}", "{+3 weeks}", "{survey due: %B}"])
def test_unknown_placeholder_is_an_error(when: str) -> None:
    laying = Laying(sample=read_sample(), zone=ZONE, day=date(2026, 3, 4), sent={})
    with pytest.raises(ValueError, match="is "):
        fill(laying, Post(slug="x", day=0, time="12:00"), when)


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        ("{today}", "Wednesday, March 4"),
        ("{+3 workday: %a %-m/%-d}", "Mon 3/9"),
        ("{-3 workdays: %a}", "Fri"),
        ("{next sunday: %-d}", "8"),
        ("{next wednesday: %-d}", "11"),
        ("{last wednesday: %B %-d}", "February 25"),
        ("{next sunday +7 day: %-d}", "15"),
        ("{window: %-d}", "8"),
    ],
)
def test_placeholder(when: str, shown: str) -> None:
    laying = Laying(sample=read_sample(), zone=ZONE, day=date(2026, 3, 4), sent={})
    assert fill(laying, Post(slug="x", day=0, time="12:00"), when) == shown


def test_minutes_are_counted_across_the_clock_change() -> None:
    sent = {"x": datetime(2026, 3, 8, 3, 5, tzinfo=ZONE)}
    laying = Laying(sample=read_sample(), zone=ZONE, day=date(2026, 3, 6), sent=sent)
    post = Post(slug="x", day=0, time="12:00")
    assert fill(laying, post, "{sent -10 minute: %-I:%M %p} {utc: %H:%M}") == "1:55 AM 08:05"


def test_only_example_addresses(case: str) -> None:
    for stem, raw in laid(case):
        message = parsed(raw)
        everything = "\n".join([*map(str, message.values()), *texts(message)])
        hosts = re.findall(r"@([\w.-]+\w)", everything) + re.findall(r"https?://([\w.-]+\w)", everything)
        wrong = [host for host in hosts if not re.search(r"(^|\.)example\.(edu|org|com)$", host)]
        assert wrong == [], stem


def test_only_telephone_numbers_of_fiction(wednesday: dict[str, EmailMessage]) -> None:
    everything = "\n".join(text for message in wednesday.values() for text in texts(message))
    numbers = re.findall(r"\(\d{3}\)\s\d{3}-\d{4}", everything)
    assert numbers
    assert all(re.search(r"555-01\d\d$", number) for number in numbers)


def test_list_mail_looks_like_list_mail(wednesday: dict[str, EmailMessage]) -> None:
    sample = read_sample()
    for slug, message in wednesday.items():
        key = sample.posts[slug].list
        if not key:
            assert message["List-Id"] is None
            continue
        assert f"<{key}." in message["List-Id"]
        assert f"[{key.upper()}]" in message["Subject"]
        assert message["Precedence"] == "list"
        assert "dmarc=pass" in message["Authentication-Results"]
        assert any(f"{key}@" in text.lower() or "ANNOUNCE" in text for text in texts(message)), slug


def test_long_header_words_are_not_encoded() -> None:
    for stem, raw in laid("wednesday"):
        head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
        plain = re.findall(r"(?m)^((?:List-|Message-ID|References|Received|Return-Path).*(?:\r\n\s.*)*)", head)
        assert plain, stem
        assert not any("=?" in line for line in plain), stem


def test_replies_point_at_what_came_before(case: str) -> None:
    seen: set[str] = set()
    for slug, message in sample_at(case).items():
        answered = str(message["References"] or "").split()
        assert set(answered) <= seen, slug
        assert answered[-1:] == str(message["In-Reply-To"] or "").split(), slug
        seen.add(str(message["Message-ID"]))


def test_ids_are_unique_but_for_the_cross_post(wednesday: dict[str, EmailMessage]) -> None:
    ids = [str(message["Message-ID"]) for message in wednesday.values()]
    twice = {slug for slug, message in wednesday.items() if ids.count(str(message["Message-ID"])) > 1}
    assert twice == {"training-series", "training-series-copy"}


def test_cross_post_with_its_own_id_differs_in_the_footer_only(wednesday: dict[str, EmailMessage]) -> None:
    one, two = wednesday["new-member"], wednesday["new-member-copy"]
    assert one["Message-ID"] != two["Message-ID"]
    assert one.get_content().split("\r\n___")[0].strip() == two.get_content().split("\r\n---")[0].strip()


def test_special_messages(wednesday: dict[str, EmailMessage]) -> None:
    assert "dmarc=fail" in wednesday["phish"]["Authentication-Results"]
    assert wednesday["phish"]["List-Id"] is None
    assert re.search(r"\b2\d{13}\b", texts(wednesday["patron-data"])[1])
    assert wednesday["rs-lost-away"]["Auto-Submitted"] == "auto-replied"
    assert wednesday["bounce"]["Return-Path"] == "<>"
    assert [part.get_content_type() for part in wednesday["bounce"].walk()] == [
        "multipart/report", "text/plain", "message/delivery-status", "text/plain", "text/plain",
        "message/rfc822", "text/plain",
    ]
    assert "pve-ig" not in str(wednesday["book-repair"]["List-Id"])
    assert not re.search(r"\b2\d{13}\b", "".join(texts(wednesday["dup-bibs"])))


def test_all_shapes_of_mail_are_there(wednesday: dict[str, EmailMessage]) -> None:
    shapes = {slug: (m.get_content_type(), m.get_content_charset(), m["Content-Transfer-Encoding"])
              for slug, m in wednesday.items()}
    assert shapes["reference-workshop"] == ("text/plain", "iso-8859-1", "quoted-printable")
    assert "Renée Castañeda" in texts(wednesday["reference-workshop"])[1]
    assert "bilingüe" in wednesday["reference-workshop"]["Subject"]
    assert shapes["sso-certificate"] == ("text/plain", "utf-8", "base64")
    assert wednesday["pve-banner"]["Content-Type"].params["format"] == "flowed"
    assert [slug for slug, shape in shapes.items() if shape[0] == "text/html"] == [
        "dup-bibs-carli", "trial-newspapers", "phish", "overdue-letters",
    ]
    assert sum(shape[0] == "multipart/alternative" for shape in shapes.values()) >= 4
    kinds = [part.get_content_type() for part in wednesday["annual-statistics"].iter_attachments()]
    assert kinds == ["application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]
    invitation = [part for part in wednesday["office-hour"].walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in invitation] == ["REQUEST"]


def test_the_last_two_days_have_something_urgent(case: str) -> None:
    posts = read_sample().posts
    messages = sample_at(case)
    assert sum(posts[slug].day >= -1 for slug in messages) >= 10
    assert posts["outage-primo"].day == 0
    assert not any("RESOLVED" in m["Subject"] for slug, m in messages.items() if posts[slug].day >= -1)


def test_laid_once(tmp_path: Path) -> None:
    folder, now = tmp_path / "Maildir", NOWS["wednesday"]
    expected = [raw for _, raw in laid("wednesday")]
    assert lay(folder, now, ZONE) == len(expected)
    files = sorted((folder / "new").iterdir())
    assert [path.read_bytes() for path in files] == expected
    for path in files:
        assert path.stat().st_mtime == parsed(path.read_bytes())["Date"].datetime.timestamp()
    assert lay(folder, now + timedelta(days=1), ZONE) == 0
    assert sorted((folder / "new").iterdir()) == files
    assert list((folder / "tmp").iterdir()) == []


def test_mail_that_was_read_counts_as_mail(tmp_path: Path) -> None:
    (tmp_path / "cur").mkdir()
    (tmp_path / "cur" / "1.x:2,S").write_bytes(b"Subject: kept\r\n\r\n")
    assert lay(tmp_path, NOWS["wednesday"], ZONE) == 0
    assert list((tmp_path / "new").iterdir()) == []
