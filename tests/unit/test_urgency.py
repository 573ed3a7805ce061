"""What staff must know within the hour; and the sentences and summaries that digests show."""

from __future__ import annotations

from datetime import datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.learn.task_urgency import urgency_task
from bot.reading.sentences import sentences, split_sentences, summary
from bot.reading.tagger import Surroundings
from bot.reading.urgency import UrgencyTagger, urgency
from bot.reading.urgency_cues import cues
from bot.reading.urgency_features import features
from bot.types import Event, Message, Tag
from tests.unit.test_requests import constant, example, learned

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=CHICAGO)
AROUND = Surroundings(zone=CHICAGO)


def message(text: str, subject: str = "Notice") -> Message:
    return Message(message_id=None, subject=subject, date=NOW, sender=None, text=text, new_text=text)


URGENT = [
    ("Alma is down", "Alma is not responding for any library since 9:05. The vendor is working on it."),
    ("[I-SHARE] Alma outage", "We are aware that Alma and Primo VE are currently unavailable. Next update by 10."),
    ("Anyone else?", "Primo has been spinning since about 8:40. Is it just us?"),
    ("RE: Alma down?", "Same here, since 8:30 or so."),
    ("RESOLVED: Alma outage", "Alma is back as of 8:50 a.m. Thank you for your patience."),
    ("RE: can't get in", "And just like that it works again. Thanks all."),
    ("Proxy restart at noon", "An emergency restart of the proxy will be made today at noon."),
    ("Emergency maintenance tonight", "The vendor must apply an emergency patch tonight at 10; Alma will be down."),
    (
        "Phishing in our name",
        "Several libraries received a phishing mail this morning. Do not click; change your password.",
    ),
    ("Compromised accounts", "Since 8 this morning stolen accounts are harvesting PDFs. Block them right away."),
    ("Nobody can sign in", "Nobody can sign in to Primo this morning. The certificate expired at midnight."),
    ("Power", "We just lost power in the machine room. The file server and the web site are down."),
]

#: Services other than the library system, stops without notice, and what just came back.
SERVICES = [
    ("File transfer", "The file transfer server refuses connections since 7:30. We have a ticket."),
    ("Delivery", "Effective today, delivery is suspended until further notice."),
    ("No pickups today", "Because of the storm there will be no ILDS pick-ups today."),
    ("Link resolver", "The link resolver returns blank pages for all institutions. The vendor has been notified."),
    ("Databases", "The database platform is currently experiencing problems. Searches may time out."),
    ("Proxy", "Remote users are being denied by the proxy server. We are investigating."),
    ("Print notices are delayed", "Notices haven't gone out at eleven libraries. The job is being rerun now."),
    ("File transfer", "The file transfer service was restored a few minutes ago."),
    ("Vans", "Good news: the vans are rolling again as of this morning."),
    ("Analytics is back", "Analytics is back online."),
    ("Short notice: emergency restart at 3 pm", "We have to restart the proxy server at 3:00 pm today."),
    ("Phishing", "This morning several members got mails that pretend to come from us. Do not click."),
]

CALM = [
    ("Holiday delivery", "There is no delivery on November 28 and 29. Service resumes December 2."),
    ("Delivery changes", "Starting June 3 delivery on route 7 stops on Tuesdays and runs Wednesdays."),
    ("Question about an error", "Has anyone seen error 500 when exporting sets? We've had it off and on for months."),
    ("Release notes", "Fixed: the link did not work. Fixed: slow loading of the brief results."),
    ("Statistics", "Circulation is down 12 percent. The report is now available again on our web site."),
    ("Power outage plan", "Our campus will have a power outage next Saturday. Our library will be closed."),
    ("Downtime March 15", "Alma will be unavailable Sunday, March 15, from 1 to 5 a.m. for maintenance."),
    ("URGENT!!! Read now", "Please send me your holiday photos."),
    ("Webinar on Tuesday", "The webinar is March 10 at 2 p.m."),
    ("Post-mortem of the February 20 outage", "Root cause report: on February 20 Alma was down for three hours."),
    ("System is down! (pretend)", "A drill: Alma is down since 9:05 and you are at the desk. Join us on March 20."),
    ("Tickets are down", "The number of tickets is down from 40 to 25 this year."),
    ("Our circulation numbers went down", "Loans are down by 10 percent since 2019."),
    ("Survey", "Please complete the survey by March 13."),
    ("Question about call numbers", "How do you catalog these? We have been wondering since the fall."),
    ("", ""),
]


@pytest.mark.parametrize(("subject", "text"), [*URGENT, *SERVICES])
def test_staff_must_know_at_once(subject: str, text: str) -> None:
    assert urgency(message(text, subject))


@pytest.mark.parametrize(("subject", "text"), CALM)
def test_this_can_wait(subject: str, text: str) -> None:
    assert urgency(message(text, subject)) is None


def test_without_authentication_nothing_is_urgent() -> None:
    subject, text = URGENT[0]
    around = Surroundings(zone=CHICAGO, authenticated=False, thread_urgent=True)
    assert list(UrgencyTagger().tags(message(text, subject), around)) == []


def test_reply_during_an_outage_stays_urgent() -> None:
    around = Surroundings(zone=CHICAGO, thread_urgent=True)
    (tag,) = UrgencyTagger().tags(message("We told our desk.", "RE: status"), around)
    assert (tag.name, tag.by) == ("urgent", "extractor")
    assert list(UrgencyTagger().tags(message("We told our desk.", "RE: status"), AROUND)) == []


def test_why_quotes_the_sentence() -> None:
    (tag,) = UrgencyTagger().tags(message("Hello. Alma is down since 9:05 this morning.", "News"), AROUND)
    assert tag.why == "“Alma is down since 9:05 this morning.”"


@pytest.mark.parametrize(
    ("lines", "cue"),
    [
        (["Alma is down.", "It began at 9:05."], "trouble:now"),
        (["Notice", "Alma will be unavailable on Sunday."], "trouble:later"),
        (["Root cause report", "Alma was down since noon."], "trouble:past"),
        (["Alma errors"], "trouble:bare"),
        (["Alma is back.", "Thank you."], "back:now"),
        (["Phishing", "Do not click."], "breach:now"),
        (["Emergency restart today"], "haste:now"),
    ],
)
def test_cue_says_what_is_told_and_when(lines: list[str], cue: str) -> None:
    assert cue in frozenset().union(*cues(lines))


def test_model_without_authentication_is_not_asked() -> None:
    around = Surroundings(zone=CHICAGO, authenticated=False)
    tagger = UrgencyTagger(constant("urgent", 9.0))
    assert list(tagger.tags(message("Alma is down since 9:05."), around)) == []
    assert len(list(tagger.tags(message("Alma is down since 9:05."), AROUND))) == 1


def test_model_decides_and_the_cues_say_which_sentence() -> None:
    told = message("Dear all. Alma is down since 9:05.", "News")
    assert urgency(told, 0.49) is None
    assert urgency(told, 0.5) == "“Alma is down since 9:05.”"
    assert urgency(message("", ""), 0.9) == "“”"


def test_what_was_learned_is_found_in_other_messages() -> None:
    tagger = UrgencyTagger(learned(urgency_task(EXAMPLES, CHICAGO)))
    [urgent] = tagger.tags(message("Nothing loads since nine, the vendor looks at it.", "Gadget"), AROUND)
    assert urgent.score >= 0.5
    assert list(tagger.tags(message("Our webinar about the new rules is on Tuesday.", "Gadget"), AROUND)) == []


EXAMPLES = [
    *(example(f"{thing} gives nothing since nine. Nothing loads.", urgent=True)
      for thing in ("Alma", "Primo", "Analytics", "The proxy", "The resolver", "SFTP", "The web site")),
    *(example(f"A webinar about the new rules for {thing} is on Tuesday.")
      for thing in ("Alma", "Primo", "Analytics", "The proxy", "The resolver", "SFTP", "The web site")),
]


def test_dates_told_before_are_features() -> None:
    ahead = Event(type="maintenance", start=NOW.replace(day=9))
    assert features(message("Maintenance."), [ahead])["=maintenance:ahead"] > 0
    assert "=maintenance:today" in features(message("Maintenance."), [Event(type="maintenance", start=NOW)])
    around = Surroundings(zone=CHICAGO, told=(Tag(name="event", value=ahead, by="extractor", why=""),))
    model = constant("urgent", 0.0, {"=maintenance:ahead": -50.0})
    assert list(UrgencyTagger(model).tags(message("Maintenance."), around)) == []
    assert len(list(UrgencyTagger(model).tags(message("Maintenance."), AROUND))) == 1


@pytest.mark.parametrize("part", ["not a", "since ", "in a ", "down ", "a ticket ", "for "])
def test_hostile_text_is_read_at_once(part: str) -> None:
    long = message(part * (2_000_000 // len(part)), part * 10_000)
    started = perf_counter()
    list(UrgencyTagger(constant("urgent", 9.0)).tags(long, AROUND))
    assert perf_counter() - started < 1.0


# ── sentences ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It starts at 10 a.m. on Monday. Bring a pen.", ["It starts at 10 a.m. on Monday.", "Bring a pen."]),
        ("It starts at 10 a.m. Bring a pen.", ["It starts at 10 a.m.", "Bring a pen."]),
        ("Between 6:00 a.m. and 10:00 a.m. Central time.", ["Between 6:00 a.m. and 10:00 a.m. Central time."]),
        ("On Tuesday, Feb. 6 we meet.", ["On Tuesday, Feb. 6 we meet."]),
        ("Ask Dr. Ortiz. She knows.", ["Ask Dr. Ortiz.", "She knows."]),
        ("Is it? Yes! Good.", ["Is it?", "Yes!", "Good."]),
        ("See no. 5 of the list. Then go.", ["See no. 5 of the list.", "Then go."]),
        ("", []),
    ],
)
def test_text_is_cut_into_sentences(text: str, parts: list[str]) -> None:
    assert split_sentences(text) == parts


def test_wrapped_lines_are_joined_and_list_lines_kept_apart() -> None:
    text = (
        "The system will be unavailable for maintenance on Sunday morning, and\nnobody can work then.\n\n"
        "Dates:\n- March 3\n- March 10\n"
    )
    assert [(line.text, line.heading) for line in sentences(text)] == [
        ("The system will be unavailable for maintenance on Sunday morning, and nobody can work then.", ""),
        ("Dates:", ""),
        ("- March 3", "Dates"),
        ("- March 10", "Dates"),
    ]


def test_summary_passes_over_greeting_and_thanks() -> None:
    text = (
        "Dear colleagues,\n\nI hope you are well. Alma will be unavailable on Sunday, March 15, from 1 to 5 a.m. "
        "Offline circulation will work.\n\nThank you for your patience!\n\nBest,\nDana"
    )
    assert summary(message(text)).startswith("Alma will be unavailable on Sunday, March 15, from 1 to 5 a.m.")
    assert "Dear" not in summary(message(text))
    assert "patience" not in summary(message(text))


def test_rows_that_end_without_a_stop_do_not_run_into_each_other() -> None:
    text = "Maintenance of Alma:\n\n  Date:   Sunday, March 15, 2026\n  Time:   6:00 AM to 10:00 AM Central\n"
    assert "Sunday, March 15, 2026; Time: 6:00 AM to 10:00 AM Central" in summary(message(text))
    quoted = "Alma will be down on March 15 (see “status.”) You must tell us by March 10."
    assert ";" not in summary(message(quoted))
    assert ";" not in summary(message("Friends of the bone folder,\n\nThe next meeting is on Tuesday, March 10."))


def test_summary_of_an_empty_message_is_its_subject() -> None:
    assert summary(message("", "Alma is back")) == "Alma is back"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=600), st.integers(20, 300))
def test_summary_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(summary(message(text, "Subject"), limit)) <= limit


def test_what_announces_a_list_stands_with_its_first_line() -> None:
    text = ("The next release reaches our views on Wednesday, and nobody has to do anything before.\n"
            "Patrons will see three things from that day on, which\nyou may want to tell them of at the desk:\n\n"
            "- Facet groups are collapsed when a page opens.\n- The brief display has a new line.\n")
    assert summary(message(text)).endswith("at the desk: Facet groups are collapsed when a page opens.")
    # Where it has nothing to stand with, it says little.
    assert not summary(message(text.partition("- ")[0] + "x" * 300)).endswith(":")



@pytest.mark.parametrize(("ours", "subject", "is_urgent"), [
    ((), "Alma NA04 is down", True), (("NA04",), "Alma NA04 is down", True), (("na04",), "Alma NA-04 is down", True),
    (("NA06",), "Alma NA04 is down", False), (("NA06",), "Alma NA04 and NA06 are down", True),
    (("NA06",), "Alma is down", True),
])
def test_the_trouble_of_other_instances_is_not_urgent(ours: tuple[str, ...], subject: str, is_urgent: bool) -> None:
    post = message("It is down since 9:10, nobody can sign in. We are investigating.", subject=subject)
    around = Surroundings(zone=CHICAGO, instances=ours)
    assert bool(list(UrgencyTagger().tags(post, around))) is is_urgent
