"""What a message asks the library to do, and by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bot.learn.corpus import Example
from bot.learn.fit import Task, fit
from bot.learn.task_requests import RequestTasks
from bot.linear import LinearModel
from bot.reading.dates import Dated, events, first_day, read_dates
from bot.reading.request_features import Asked, due_features, features, line_features
from bot.reading.request_scores import OneLabel
from bot.reading.request_words import signs
from bot.reading.requests import DatesAndRequestsTagger, RequestModels, request
from bot.reading.tagger import Surroundings
from bot.types import Message, Request

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=CHICAGO)


def message(text: str, subject: str = "Notice") -> Message:
    return Message(message_id=None, subject=subject, date=NOW, sender=None, text=text, new_text=text)


def constant(label: str, bias: float, coef: Mapping[str, float] | None = None) -> LinearModel:
    """A model that knows these features and nothing else; its threshold is one half."""
    known = dict(coef or {})
    return LinearModel(
        labels=(label,), index={name: at for at, name in enumerate(known)}, rarity=np.ones(len(known), np.float32),
        coef=np.array(list(known.values()), np.float32).reshape(len(known), 1), bias=np.array([bias], np.float32),
        thresholds=np.array([0.5], np.float32),
    )


def example(text: str, *, urgent: bool = False, action: dict[str, str | None] | None = None, noise: bool = False,
            second: dict[str, Any] | None = None) -> Example:
    """A labelled message."""
    label = {"urgent": urgent, "action": action, "noise": noise, "suspicious": False}
    return Example(id=text[:20], message=message(text), areas=(), label=label, second=second)


def learned(task: Task) -> LinearModel:
    """The model that the task's cases give."""
    arrays = fit(task).arrays
    index = {name: at for at, name in enumerate(arrays["features"])}
    return LinearModel(labels=task.labels, index=index, rarity=np.asarray(arrays["rarity"], np.float32),
                       coef=np.asarray(arrays["coef"], np.float32), bias=np.asarray(arrays["bias"], np.float32),
                       thresholds=np.asarray(arrays["thresholds"], np.float32))


def asked(message: Message) -> Request | None:
    return request(message, read_dates(message, CHICAGO))[0]


def deciding(message: float, due: float = -9.0, sentences: Mapping[str, float] | None = None) -> RequestModels:
    """Models that say this of every message and of every moment, and know these words of sentences that ask."""
    return RequestModels.of({"asking": constant("asks", -2.0, sentences), "requests": constant("asks", message),
                             "due": constant("due", due)})


ASKED = [
    ("Voting runs March 9 through March 20. Members of the program are asked to vote.", date(2026, 3, 20)),
    ("We ask every library to run one test load. Tests are possible from March 9 until March 20.", date(2026, 3, 20)),
    ("One vote per institution. Voting ends Friday, March 20, at noon.", date(2026, 3, 20)),
    ("Tell us how it went: please take the survey. We close it March 20.", date(2026, 3, 20)),
    ("Please complete the delivery survey by March 13.", date(2026, 3, 13)),
    ("Please return the signed form no later than Friday, April 3.", date(2026, 4, 3)),
    ("One answer per library, please. The survey closes on Monday, April 6, 2026.", date(2026, 4, 6)),
    ("Each library must confirm its IP ranges by March 20.", date(2026, 3, 20)),
    ("Send me the name of one person who manages uploads by the 17th.", date(2026, 3, 17)),
    ("Your renewal decisions are due April 17 at 5 p.m.", date(2026, 4, 17)),
    ("Ballots went out this morning. Polls close Tuesday, May 12, at noon; please vote.", date(2026, 5, 12)),
    ("We need your selections no later than Friday, March 27.", date(2026, 3, 27)),
    ("Please test the new form in the sandbox and report back by March 9.", date(2026, 3, 9)),
    ("The list is attached. Look at your rows, correct them, and reply by March 31.", date(2026, 3, 31)),
    ("We update the keys on March 20. Please make sure that you replace yours before then.", date(2026, 3, 20)),
    ("Payment is due April 30.", date(2026, 4, 30)),
    ("Please update your library's directory page.", None),
    ("Please check your import profiles for this setting.", None),
]

NOT_ASKED = [
    "The next feature release is due April 3.",
    "Awards will be announced by April 15 and projects start May 1.",
    "Comments may also be mailed to the committee by April 30.",
    "Please clear your cache if you still see the error.",
    "Please join us for a webinar on March 10 at 2 p.m.",
    "Registration closes March 6. Please register for the webinar on March 10.",
    "Please let us know if you have questions.",
    "Please contact support if you see an error.",
    "Please feel free to share this with your staff.",
    "No action is needed. The upgrade runs on Sunday.",
    "Does anyone have a policy on laptop loans that you could send me? Please reply off list.",
    "How do you handle lost items? We are curious what others do.",
    "The webinar is March 10 at 2 p.m.",
    "Alma is back. Thank you for your patience.",
    "The license expires on April 30.",
    "",
]


@pytest.mark.parametrize(("text", "due"), ASKED)
def test_request_is_found_with_its_due_date(text: str, due: date | None) -> None:
    found = asked(message(text))
    assert found is not None
    assert found.due == due


@pytest.mark.parametrize("text", NOT_ASKED)
def test_nothing_is_asked(text: str) -> None:
    assert asked(message(text)) is None


@pytest.mark.parametrize(("text", "due"), [pair for pair in ASKED if pair[1]])
def test_due_date_has_its_deadline_event(text: str, due: date) -> None:
    deadlines = [event for event in events(message(text), CHICAGO) if event.type == "deadline"]
    assert due in [first_day(event.start) for event in deadlines]


def test_reply_in_a_conversation_asks_nothing() -> None:
    assert (
        asked(message("Please check your profile, that did it for us.", "Re: [TECHSERV-IG] imports")) is None
    )


def test_tag_says_what_and_quotes() -> None:
    text = "Hello all. Please return the form by March 13."
    tags = DatesAndRequestsTagger().tags(message(text), Surroundings(zone=CHICAGO))
    (tag,) = [tag for tag in tags if tag.name == "request"]
    assert isinstance(tag.value, Request)
    assert (tag.name, tag.by, tag.value.what) == ("request", "extractor", "Return the form by March 13")
    assert tag.why == "“Please return the form by March 13.”"


def test_what_is_short() -> None:
    found = asked(message("Please complete the survey " + "about many things " * 30 + "by March 13."))
    assert found is not None
    assert len(found.what) <= 180


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("Please send us the names.", "please:return"),
        ("Libraries must also check their profiles.", "must:do"),
        ("We ask you to vote on it.", "to:return"),
        ("(1) Mark the loans, (2) cancel any fees.", "imp:do"),
        ("By Friday, return the form.", "imp:return"),
        ("Apply by Friday.", "imp:join"),
        ("The survey is open.", "thing"),
    ],
)
def test_sign_of_asking_is_seen(sentence: str, sign: str) -> None:
    assert sign in signs(sentence)


def test_telling_is_no_asking() -> None:
    assert not [sign for sign in signs("The vendor will send a report that we check.") if ":" in sign]


def test_due_date_is_that_of_the_asking_sentence() -> None:
    text = "The trial runs until April 30.\n\nPlease return the evaluation form by March 13.\n\nThe library is closed."
    found = asked(message(text))
    assert found is not None
    assert (found.due, found.sentence) == (date(2026, 3, 13), "Please return the evaluation form by March 13.")


def test_last_day_in_the_subject_counts() -> None:
    found = asked(message("Five questions. Please answer for your library.", "Delivery survey: due March 13"))
    assert found is not None
    assert found.due == date(2026, 3, 13)


FORM = "The webinar is fun. Please return the form by March 13."


def test_one_model_decides_whether_and_one_says_which_sentence() -> None:
    dated = read_dates(message(FORM), CHICAGO)
    assert request(message(FORM), dated, deciding(-9.0)) == (None, None)
    nothing, _ = request(message("Nothing here."), Dated(), deciding(9.0))
    assert nothing is not None
    assert nothing.due is None
    for word, sentence in (("form", "Please return the form by March 13."), ("fun", "The webinar is fun.")):
        found, _ = request(message(FORM), dated, deciding(9.0, sentences={word: 5.0}))
        assert found is not None
        assert found.sentence == sentence


def test_the_subject_is_not_quoted_where_a_sentence_asks() -> None:
    text = "Hello all. Please return one form for each library by March 13."
    survey = message(text, "Please return the survey form by March 13")
    found, _ = request(survey, read_dates(survey, CHICAGO), deciding(9.0, sentences={"form": 2.0, "survei": 2.0}))
    assert found is not None
    assert found.sentence == "Please return one form for each library by March 13."


def test_the_sentence_that_names_the_day_is_rather_quoted() -> None:
    two = message("We want a form from every library. We want a form by Friday March 13.")
    found, _ = request(two, read_dates(two, CHICAGO), deciding(9.0, due=9.0, sentences={"form": 2.0}))
    assert found is not None
    assert found.sentence == "We want a form by Friday March 13."


def test_what_points_back_is_told_with_what_it_points_at() -> None:
    two = message("Hello. The form for the spring is open. It closes on Friday, March 13.")
    found, _ = request(two, read_dates(two, CHICAGO), deciding(9.0, due=9.0, sentences={"clos": 9.0}))
    assert found is not None
    assert (found.what, found.sentence) == (
        "The form for the spring is open. It closes on Friday, March 13", "It closes on Friday, March 13.")
    far = message("Hello. " + "The form is open and " * 9 + "long. It closes on Friday, March 13.")
    alone, _ = request(far, read_dates(far, CHICAGO), deciding(9.0, due=9.0, sentences={"clos": 9.0}))
    assert alone is not None
    assert alone.what == "It closes on Friday, March 13"


@pytest.mark.parametrize(("sentence", "what"), [
    ("By Friday, please return the form.", "Return the form"),
    ("If your footer shows the old mark, please swap it.", "If your footer shows the old mark, please swap it"),
    ("Please send one answer for the whole library by March 13:", "Send one answer for the whole library by March 13"),
    ("1. send us the public key,", "Send us the public key"),
    ("(3) Please return the form.", "Return the form"),
    ("(1) Mark the loans, (2) cancel any fees.", "(1) Mark the loans, (2) cancel any fees"),
    ("856 fields are to be checked.", "856 fields are to be checked"),
])
def test_what_keeps_its_condition(sentence: str, what: str) -> None:
    found, _ = request(message(sentence), Dated(), deciding(9.0))
    assert found is not None
    assert found.what == what


def test_moment_that_no_event_tells_of_becomes_a_deadline() -> None:
    text = "Look through your list. We lock the files on April 30."
    dated = read_dates(message(text), CHICAGO)
    assert dated.events == ()
    found, deadline = request(message(text), dated, deciding(9.0, due=9.0))
    assert found is not None
    assert deadline is not None
    assert (found.due, deadline.type, deadline.start) == (date(2026, 4, 30), "deadline", date(2026, 4, 30))
    tagger = DatesAndRequestsTagger(deciding(9.0, due=9.0))
    told = [tag.value for tag in tagger.tags(message(text), Surroundings(zone=CHICAGO))]
    assert told == [deadline, found]


def test_known_deadline_is_told_once() -> None:
    found, deadline = request(message(FORM), read_dates(message(FORM), CHICAGO), deciding(9.0, due=9.0))
    assert found is not None
    assert (found.due, deadline) == (date(2026, 3, 13), None)


def test_no_likely_moment_is_no_due_date() -> None:
    found, deadline = request(message(FORM), read_dates(message(FORM), CHICAGO), deciding(9.0, due=-9.0))
    assert found is not None
    assert (found.due, deadline) == (None, None)


def test_what_lies_behind_the_message_is_no_last_day() -> None:
    assert read_dates(message("The form was due on February 20."), CHICAGO).days == ()


def tasks(*examples: Example) -> RequestTasks:
    return RequestTasks(examples, [read_dates(one.message, CHICAGO) for one in examples])


def test_what_was_learned_is_asked_of_other_messages() -> None:
    all_tasks = tasks(*EXAMPLES)
    sentences = fit(all_tasks.sentences())
    models = RequestModels.of({
        "asking": learned(all_tasks.sentences()), "requests": learned(all_tasks.messages(sentences.held_out)),
        "due": learned(all_tasks.due(sentences.held_out)),
    })
    paper = message("Please complete the survey on paper. We close it on March 20. The party is on March 25.")
    found, _ = request(paper, read_dates(paper, CHICAGO), models)
    assert found is not None
    assert found.due == date(2026, 3, 20)
    assert request(message("Registration for the webinar on paper is open."), Dated(), models)[0] is None


def test_cases_are_without_noise_and_know_disputes() -> None:
    all_tasks = tasks(*EXAMPLES, example("Out of office.", noise=True))
    task = all_tasks.messages(np.zeros((1000, 1)))
    assert (task.name, task.labels, len(task.weights)) == ("requests", ("asks",), len(EXAMPLES))
    assert task.disputed is not None
    assert not task.disputed.any()
    both = tasks(example("Vote.", second={"action": {"what": "vote", "due": None}}))
    assert [bool(np.all(task.disputed)) for task in (both.messages(np.zeros((9, 1))), both.sentences())] == [True, True]


def test_sentence_that_asks_is_the_one_most_like_the_label() -> None:
    text = "Hello all. The survey is short. Complete the survey by March 13. Then we count."
    task = tasks(example(text, action={"what": "complete the survey", "due": "2026-03-13"})).sentences()
    assert task.wanted[:, 0].tolist() == [0, 0, 0, 1, 0]
    assert task.disputed is not None
    assert task.disputed[:, 0].tolist() == [True, True, True, False, True]


def test_marked_sentences_are_the_ones_that_ask() -> None:
    told = replace(example("Vote now. The ballot is open.", action={"what": "vote", "due": None}),
                   asks=("The ballot is open.",))
    assert tasks(told).sentences().wanted[:, 0].tolist() == [0, 0, 1]


@pytest.mark.parametrize(("sentence", "told"), [
    ("Libraries that used them will need to change the type.", {"to:do", "duty:libraries"}),
    ("You will have to set a new password.", {"to:do", "duty:you"}),
    ("We are asking all of the directors to verify it.", {"to:return", "duty:libraries"}),
    ("You do not need to do anything.", {"no:do"}),
    ("Don't forget to return it.", {"to:return"}),
    ("There is no need to reply.", {"no:return"}),
    ("Let me know which one your library prefers.", {"imp:return"}),
    ("Please let us know if you have any questions.", {"please:soft"}),
    ("Your vote is needed.", {"lacks:yours"}),
    ("We would like to hear from every library.", {"lacks:answers"}),
    ("Could you send me the number?", {"could you"}),
])
def test_who_has_to_do_what_is_seen(sentence: str, told: set[str]) -> None:
    ways = ("to:", "no:", "imp:", "please:", "duty:", "lacks:", "could")
    assert {sign for sign in signs(sentence) if sign.startswith(ways)} - {"to:soft"} == told


def test_moment_of_the_due_date_is_what_is_wanted() -> None:
    text = "The webinar is on March 10. Return the form by March 13."
    task = tasks(example(text, action={"what": "return the form", "due": "2026-03-13"})).due(np.zeros((9, 1)))
    assert task.wanted[:, 0].tolist() == [0, 1]


EXAMPLES = [
    *(example(f"Please complete the survey about {thing}. We close it on March {day}. The party is on March 24.",
              action={"what": "complete the survey", "due": f"2026-03-{day}"})
      for day, thing in enumerate(("delivery", "printing", "loans", "records", "serials", "rooms", "fines"), 10)),
    *(example(f"Registration for the webinar about {thing} is open.")
      for thing in ("delivery", "printing", "loans", "records", "serials", "rooms", "fines")),
]


def test_plain_python_gives_the_same_probability() -> None:
    model = learned(tasks(*EXAMPLES).sentences())
    for weights in line_features(Asked.of(message(FORM), read_dates(message(FORM), CHICAGO))):
        assert OneLabel(model).probable(weights) == pytest.approx(float(model.scores(weights).probable[0]), abs=1e-6)


def test_features_are_the_same_for_the_same_message() -> None:
    one, other = (Asked.of(message(FORM), read_dates(message(FORM), CHICAGO)) for _ in range(2))
    asking = [0.1, 0.2, 0.9]
    assert line_features(one) == line_features(other)
    assert features(one, asking) == features(other, asking)
    assert due_features(one, asking) == due_features(other, asking)


@pytest.mark.parametrize("part", ["please ", "send it.\n", "? ", "a-", "if you, ", "to do "])
def test_hostile_text_is_read_at_once(part: str) -> None:
    long = message(part * (2_000_000 // len(part)), part * 10_000)
    started = perf_counter()
    request(long, read_dates(long, CHICAGO), deciding(9.0))
    assert perf_counter() - started < 1.0
