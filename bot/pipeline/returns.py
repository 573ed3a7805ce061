"""Mail that comes back: what a delivery report means for the mail it names.

    came back for good       the outcome of that mail; whether the address is dead, `bot.pipeline.addresses` decides
    mailbox full, refused    the outcome of that mail
    delayed                  noted
    of another address       noted: the reader's mailbox seems to forward there
    names no mail of ours    nothing: anybody can write such a report
"""

from __future__ import annotations

import logging
from datetime import datetime

from bot.inbox.returned import Recipient, read_report
from bot.replycodes import fate
from bot.store.intake import Intake
from bot.store.returns import DELAYED, ELSEWHERE, Ours
from bot.store.values import Admission

log = logging.getLogger(__name__)


def note(intake: Intake, admission: Admission, number: int, now: datetime) -> None:
    """Take what a delivery report says to the mail it names; a report that looks like an earlier one counts, too."""
    if not admission.is_report:
        return
    report = read_report(admission.arrival.raw)
    if report is None:
        return
    for recipient in report.recipients:
        mail = intake.named_mail(report.names, recipient.addresses, now)
        if mail is None:
            log.info("report-not-believed message=%d", number)
            continue
        what, address = _meaning(recipient, mail)
        if intake.came_back(mail.delivery, what, address, recipient.text, now, number):
            log.info("came-back delivery=%d fate=%s message=%d", mail.delivery, what, number)


def _meaning(recipient: Recipient, mail: Ours) -> tuple[str, str]:
    """What a report means for a mail, and of which address it speaks."""
    if mail.recipient not in recipient.addresses:
        return ELSEWHERE, min(recipient.addresses)
    return (DELAYED if recipient.action == "delayed" else fate(None, recipient.text)), mail.recipient
