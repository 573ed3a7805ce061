"""The classes of words that tell what a date is: names of happenings, last days, demands, tellings of the past."""

from __future__ import annotations

from collections.abc import Sequence

from bot.words import stem

_WRITTEN = {
    "maintenance": "maintenance downtime outage unavailable offline upgrade reboot restart refresh unreachable "
    "inaccessible "
                   "interruption interrupt cutover patch migrate migration window reindex deploy deployment install "
                   "installation shutdown intermittent slowness sandbox hotfix switchover freeze reload rebuild server "
                   "be_down is_down are_down go_down goes_down going_down down_from down_on take_down taken_down "
                   "off_line "
                   "read_only shut_down cut_over switch_over go_dark goes_dark new_server new_host out_of_service "
                   "not_available "
                   "be_off goes_off log_out feature_release monthly_release monthly_update not_reachable taking_down "
                   "is_moved "
                   "are_moved cut_off power_cut stop_working is_replaced is_swapped drop_out",
    "training": "webinar forum training workshop session conference class tutorial demo demonstration course dropin "
                "presentation symposium institute bootcamp certification walkthrough unconference showcase talk clinic "
                "orientation seminar speaker summit lab hackathon tour instructor briefing masterclass exercise "
                "drill practice "
                "lesson refresher academy expo meetup sprint practicum office_hour q_a drop_in brown_bag lunch_and "
                "boot_camp teach_in hands_on info_session information_session master_class learning_hour help_hour "
                "crash_course "
                "coffee_hour coffee_break learn introduction series",
    "meeting": "meeting meet townhall quorum convene retreat gathering discussion caucus chat reception assembly "
    "conversation "
               "kickoff huddle roundtable farewell board committee council agenda party taskforce ceremony funeral "
               "memorial "
               "town_hall conference_call zoom_call committee_call monthly_call open_call phone_call group_call "
               "team_call "
               "next_call our_call the_call a_call call_is call_on listening_session focus_group open_house "
               "business_meeting "
               "board_meeting kick_off round_table annual_meeting task_force advisory_group working_group "
               "interest_group",
    "nothing": "call_number zoom_meeting user_session login_session database_maintenance class_of first_class "
    "world_class "
               "meeting_id meeting_link meeting_room meet_the call_for patch_panel maintenance_of session_timeout",
    "due": "due deadline close closing expire expiration cutoff deadlines rsvp nomination ballot survey vote voting "
    "renewal "
           "submit submission return register apply application proposal comment payment order reply respond response",
    "until": "by before until till through thru than later latest end",
    "ask": "please must need required should asked want could would let tell send complete fill check confirm review "
           "update change test vote renew report return reply",
    "past": "was were had did went held met attended thanked happened occurred wrote said sent told announced "
            "started began finished ended recorded restored fixed failed crashed last ago since already noticed got "
            "received came took yesterday",
    "will": "will shall going scheduled planned upcoming next join reminder takes begin start",
    "off": "not no cancelled canceled cancellation postponed instead rather off originally previously formerly skip "
    "without "
           "moved rescheduled changed",
    "hope": "hope expect expected aim estimate anticipate promised fix back update progress eta resolved plan",
    "state": "effective since as dated published version copyright anniversary closed closure holiday break recess "
    "resume "
             "reopen delivery vacation leave office semester fiscal loan opens available live",
    "every": "every each weekly monthly daily always usually",
}


def _read(written: str) -> frozenset[str]:
    """Stems; of a phrase its two, joined."""
    return frozenset("_".join(stem(word) for word in each.split("_")) for each in written.split())


def _by_word() -> dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]]]]:
    """Each stem's own classes, and those of the phrases that it begins, by their second stem."""
    found: dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = {}
    classes_of: dict[str, tuple[str, ...]] = {}
    for name, written in _WRITTEN.items():
        for word in _read(written):
            classes_of[word] = (*classes_of.get(word, ()), name)
    for word, names in classes_of.items():
        first, _, second = word.partition("_")
        own, phrases = found.get(first, ((), {}))
        found[first] = (own, {**phrases, second: names}) if second else (names, phrases)
    return found


#: Few words belong to any class, so the first look at a word is mostly the last.
_BY_WORD = _by_word()


#: The classes that name what a date is.
NOUNS = ("maintenance", "training", "meeting", "due")


def classes(words: Sequence[str]) -> list[tuple[int, str]]:
    """The classes that stems belong to, in order, each with its place; a phrase hides the words that it is made of."""
    found: list[tuple[int, str]] = []
    hidden = -1
    for place, word in enumerate(words):
        if place == hidden or word not in _BY_WORD:
            continue
        own, phrases = _BY_WORD[word]
        if names := phrases and phrases.get(words[place + 1] if place + 1 < len(words) else ""):
            hidden = place + 1
        found += [(place, name) for name in names or own]
    return found
