"""What servers' refusals mean, in the words that servers use."""

from __future__ import annotations

import pytest

from bot.replycodes import Fate, enhanced, fate, is_passing


@pytest.mark.parametrize(("code", "text", "wanted"), [
    # nobody there
    (550, "5.1.1 <dana@library.example.edu>: Recipient address rejected: User unknown in local table", "dead"),
    (550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking it", "dead"),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient dana@library.example.edu not found by SMTP lookup", "dead"),
    (550, "5.2.1 The email account that you tried to reach is disabled.", "dead"),
    (550, "5.4.1 Recipient address rejected: Access denied. [BN8NAM11FT066.example.net]", "dead"),
    (550, "5.4.4 Host or domain name not found. Name service error for name=library.example.edu", "dead"),
    (554, "5.5.0 delivery error: dd This user doesn't have a example.com account (dana) [0]", "dead"),
    (550, "Requested action not taken: mailbox unavailable", "dead"),
    (550, "No such user here", "dead"),
    (551, "5.1.6 user has moved", "dead"),
    # full
    (552, "5.2.2 The email account that you tried to reach is over quota", "full"),
    (452, "4.2.2 The email account that you tried to reach is over quota", "full"),
    (554, "5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
     "full"),
    (550, "Mailbox quota exceeded", "full"),
    (552, "Requested mail action aborted: the mailbox is full", "full"),
    # later, whatever the digit
    (450, "4.7.1 greylisted", "later"),
    (432, "4.3.2 Concurrent connections limit exceeded. Visit the documentation", "later"),
    (554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", "later"),
    (554, "5.2.0 STOREDRV; Sender thread limit exceeded", "later"),
    (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", "later"),
    (550, "5.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP", "later"),
    (550, "5.4.5 Daily user sending limit exceeded. For more information see the limits", "later"),
    (550, "5.4.5 Daily SMTP relay limit exceeded for customer", "later"),
    (550, "5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", "later"),
    (550, "5.2.1 The user you are trying to contact is receiving mail at a rate that prevents it", "later"),
    (550, "Too many messages from your address, slow down", "later"),
    (550, "Temporarily rejected, please try again later", "later"),
    # this mail, or this sender
    (552, "5.3.4 Message size exceeds fixed limit", "refused"),
    (550, "5.7.1 Message rejected as spam by content scanner", "refused"),
    (550, "5.7.26 This mail has been blocked because the sender is unauthenticated", "refused"),
    (554, "5.6.1 Body type not supported", "refused"),
    (550, "Administrative prohibition", "refused"),
    (554, "5.7.1 Service unavailable; Client host blocked using a list", "refused"),
])
def test_a_refusal_is_understood(code: int, text: str, wanted: Fate) -> None:
    assert fate(code, text) == wanted
    assert is_passing(code, text) is (wanted in ("later", "full"))
    # In a report the basic code stands in the text, if at all.
    assert fate(None, f"{code} {text}") == wanted


@pytest.mark.parametrize(("text", "wanted"), [
    ("5.1.1 no", "5.1.1"), ("550-5.1.10 gone", "5.1.10"), ("250 2.0.0 ok", "2.0.0"), ("host 10.5.1.1 said no", ""),
    ("", ""), ("5.1", ""), ("smtp; 550 5.7.26 x", "5.7.26"), ("version 15.20.5.1", ""),
])
def test_the_enhanced_code_is_found(text: str, wanted: str) -> None:
    assert enhanced(text) == wanted
