"""What to do when a mail server does not take a token that was had: the very grant that is missing. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Who wanted in where, and what the server said. `account` is who consented, as far as the login server told."""

    kind: str
    client: str
    user: str
    mailbox: str
    wants_consent: bool
    account: str | None
    said: str


def imap_mend(refusal: Refusal) -> str:
    """For the server that is read."""
    if (wrong := _other_account(refusal)) is not None:
        return wrong
    box = refusal.mailbox
    if refusal.kind == "google":
        return _google(refusal)
    if refusal.kind != "microsoft":
        return _other(refusal)
    if refusal.wants_consent:
        rights = "" if box == refusal.user else f"Add-MailboxPermission -Identity {box} -User {refusal.user} " \
                                                "-AccessRights FullAccess; "
        return (f"In Exchange Online PowerShell: {rights}Set-CASMailbox -Identity {box} -ImapEnabled $true. The app "
                "needs the delegated permission IMAP.AccessAsUser.All.")
    return (f"In Exchange Online PowerShell: {_PRINCIPAL.format(client=refusal.client)}; Add-MailboxPermission "
            f"-Identity {box} -User OBJECT-ID -AccessRights FullAccess; Set-CASMailbox -Identity {box} -ImapEnabled "
            "$true. In Entra the app needs the application permission IMAP.AccessAsApp with admin consent. Grants "
            "take up to an hour to hold.")


#: The object id is the Enterprise application's; that of App registrations is another one and does not work.
_PRINCIPAL = ("New-ServicePrincipal -AppId {client} -ObjectId OBJECT-ID (Object ID of Entra's Enterprise applications, "
              "not of App registrations)")


def smtp_mend(refusal: Refusal) -> str:
    """For the server that is sent through."""
    if (wrong := _other_account(refusal)) is not None:
        return wrong
    box = refusal.mailbox
    if refusal.kind == "google":
        return _google(refusal)
    if refusal.kind != "microsoft":
        return _other(refusal)
    if "5.7.139" in refusal.said or "disabled" in refusal.said.lower():
        return (f"SMTP AUTH is off. In Exchange Online PowerShell: Set-CASMailbox -Identity {box} "
                "-SmtpClientAuthenticationDisabled $false. An authentication policy or security defaults may forbid "
                "it, too.")
    if refusal.wants_consent:
        rights = "" if box == refusal.user else f"Add-RecipientPermission {box} -Trustee {refusal.user} " \
                                                "-AccessRights SendAs; "
        return (f"In Exchange Online PowerShell: {rights}Set-CASMailbox -Identity {box} "
                "-SmtpClientAuthenticationDisabled $false. The app needs the delegated permission SMTP.Send.")
    return (f"In Exchange Online PowerShell: {_PRINCIPAL.format(client=refusal.client)}; Add-MailboxPermission "
            f"-Identity {box} -User OBJECT-ID -AccessRights FullAccess; Add-RecipientPermission {box} -Trustee "
            f"OBJECT-ID -AccessRights SendAs; Set-CASMailbox -Identity {box} -SmtpClientAuthenticationDisabled $false. "
            "In Entra the app needs the application permission SMTP.SendAsApp with admin consent.")


def _other_account(refusal: Refusal) -> str | None:
    account = refusal.account
    if account is None or account.lower() == refusal.user.lower():
        return None
    return (f"The consent was given by {account}, but `user` is {refusal.user}. Sign in as {refusal.user}: "
            "liaison login --again")


def _google(refusal: Refusal) -> str:
    who = f"`user` must be the account that consented (now {refusal.user}): liaison login --again" \
        if refusal.wants_consent else \
        f"The service account acts for {refusal.mailbox}: is that a mailbox of the Workspace?"
    return f"{who} The Admin console must allow IMAP (Apps, Google Workspace, Gmail, End User Access)."


def _other(refusal: Refusal) -> str:
    again = " Or give the consent again: liaison login --again" if refusal.wants_consent else ""
    return (f"The token must be for {refusal.mailbox}, and its `scopes` for mail; ask who runs the login server and "
            f"the mail server.{again}")
