"""What a login server's refusal means, and its mend, in words that campus IT can act on. Pure.

Microsoft's numbers (AADSTS…) and Google's words are public; what the server says beside them may hold names and is
repeated only where the number or word is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import TokenError
from bot.login import scrub

_LOGIN = "Run: liaison login"
_NUMBER = re.compile(r"AADSTS(\d{4,7})")
#: RFC 6749, 5.2, and what servers say when they mean "later".
_LATER = frozenset({"temporarily_unavailable", "server_error", "internal_failure", "slow_down"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Who asked for a token: the words of a refusal name them. `secrets` are cut out of what a server says."""

    client: str
    user: str
    place: str
    wants_consent: bool
    secrets: tuple[str, ...] = ()


#: Microsoft's number: what it means, and the mend. {client}, {user} and {place} (the tenant) are filled in.
_MICROSOFT: Mapping[str, tuple[str, str]] = {
    "7000215": ("the secret of the app {client} is wrong",
                "Entra admin center, App registrations, the app, Certificates & secrets: copy the secret's Value "
                "(not its Secret ID) to where `secret` points; if it is hidden by now, make a new client secret."),
    "7000222": ("the secret of the app {client} has expired",
                "Entra admin center, App registrations, the app, Certificates & secrets: make a new client secret, "
                "put its Value where `secret` points, and its end as `secret_expires`."),
    "700016": ("the app {client} is not in the tenant {place}",
               "Compare `client_id` with Application (client) ID and `tenant` with Directory (tenant) ID on the app's "
               "Overview page; they are easily swapped."),
    "700027": ("the certificate of the app {client} is not the one that is registered, or has expired",
               "Entra admin center, App registrations, the app, Certificates & secrets, Certificates: upload the "
               "public certificate that goes with the key in `certificate`."),
    "90002": ("there is no tenant {place}",
              "Copy Directory (tenant) ID from the app's Overview page to `tenant`."),
    "900023": ("{place} is no name of a tenant",
               "Copy Directory (tenant) ID from the app's Overview page to `tenant`."),
    "65001": ("nobody has consented that the app {client} may use the mailbox",
              "Entra admin center, App registrations, the app, API permissions: Grant admin consent (IMAP.AccessAsApp "
              "and SMTP.SendAsApp for an app; IMAP.AccessAsUser.All and SMTP.Send for a person). " + _LOGIN),
    "50034": ("there is no account {user} in the tenant {place}", "Mend `user`, or `tenant`."),
    "50057": ("the account {user} is disabled", "Enable it, or sign in with another account: liaison login"),
    "50053": ("the account {user} is locked", "Unlock it in the Entra admin center, or wait; then: liaison login"),
    "50105": ("the app {client} is open to assigned users only, and {user} is none",
              "Entra admin center, Enterprise applications, the app, Users and groups: add the user; or Properties, "
              "Assignment required: No."),
    "53003": ("a Conditional Access policy forbids this login",
              "Entra admin center, Protection, Conditional Access: let the app {client} in from this machine's address "
              "(for an app: a policy for workload identities). Sign-in logs name the policy."),
    "530003": ("a Conditional Access policy wants a managed device",
               "Use an app with a certificate instead of a person's consent, or leave the app {client} out of the "
               "policy."),
    "50076": ("Microsoft wants a second factor of {user}", _LOGIN),
    "50078": ("the second factor of {user} has lapsed", _LOGIN),
    "50079": ("{user} must set up a second factor", "Let them do it at aka.ms/mfasetup. " + _LOGIN),
    "50173": ("the consent of {user} ended, since the password was changed or sessions were revoked", _LOGIN),
    "700082": ("the consent of {user} ended, since it was not used for 90 days", _LOGIN),
    "70008": ("the consent of {user} has expired", _LOGIN),
    "70043": ("a Conditional Access policy ends consents (sign-in frequency), and so did that of {user}",
              _LOGIN + ". For a bot, an app with a certificate is better: no person's login ends it."),
    "50132": ("the consent of {user} was revoked", _LOGIN),
    "70000": ("the consent of {user} is not valid any more", _LOGIN),
    "7000218": ("the app {client} does not allow a consent without a secret",
                "Entra admin center, App registrations, the app, Authentication: Allow public client flows: Yes. For "
                "an app of its own, name `secret` or `certificate`."),
    "70011": ("the permissions asked for do not exist for the app {client}",
              "API permissions must be those of Office 365 Exchange Online."),
    "70020": ("the code was not entered in time", _LOGIN),
    "7000112": ("the app {client} is disabled in the tenant",
                "Entra admin center, Enterprise applications, the app, Properties: Enabled for users to sign-in: Yes."),
    "500011": ("the tenant {place} has no Exchange Online", "Check that the mailbox lies in this tenant."),
}
_MICROSOFT_LATER = frozenset({"90033", "90024", "90012", "50196", "50197", "90006", "900144"})

#: Google's error, and where it matters a word of its description.
_GOOGLE: tuple[tuple[str, str, str, str], ...] = (
    ("admin_policy_enforced", "", "a policy of the Workspace administrator forbids the app {client}",
     "Admin console, Security, Access and data control, API controls, Manage app access: trust the app, or choose a "
     "service account with domain-wide delegation."),
    ("unauthorized_client", "", "the service account {client} may not act for {user}",
     "Admin console, Security, Access and data control, API controls, Domain-wide delegation: add the account's Client "
     "ID (a number, `client_id` in the key file) with the scope https://mail.google.com/ exactly so. It takes up to a "
     "day to hold."),
    ("access_denied", "", "access for {user} was denied",
     "A service account needs domain-wide delegation for https://mail.google.com/; a person must press Allow. "
     + _LOGIN),
    ("invalid_grant", "user id", "there is no account {user} in the Workspace", "Mend `user`, or `subject`."),
    ("invalid_grant", "email", "there is no account {user} in the Workspace", "Mend `user`, or `subject`."),
    ("invalid_grant", "iat", "this machine's clock is wrong, as Google sees it", "Set the clock (NTP)."),
    ("invalid_grant", "timeframe", "this machine's clock is wrong, as Google sees it", "Set the clock (NTP)."),
    ("invalid_grant", "signature", "the key of the service account {client} was deleted",
     "Cloud console, IAM & Admin, Service Accounts, Keys: add a new key (JSON) and put it where `key` points."),
    ("invalid_grant", "account not found", "the service account {client} does not exist any more",
     "Make a new one, delegate to it, and put its key where `key` points."),
    ("invalid_grant", "", "the consent of {user} has ended: revoked, unused for six months, the password changed, or "
    "the app is in Testing, where each consent ends after seven days",
     "Publish the app (OAuth consent screen; Internal for a Workspace). " + _LOGIN),
    ("invalid_rapt", "", "the Workspace ends consents after some hours (session control)",
     "Admin console, Security, Access and data control, Google Cloud session control: exempt trusted apps, and trust "
     "this one; or use a service account. " + _LOGIN),
    ("invalid_client", "", "the client {client} is not known, or its secret is wrong",
     "Cloud console, APIs & Services, Credentials: download the client's JSON again to where `client` points."),
    ("deleted_client", "", "the client {client} was deleted", "Make a new one in the Cloud console."),
    ("invalid_scope", "", "the scope is not one that Google knows", "Leave `scopes` out."),
)

_OTHER: Mapping[str, tuple[str, str]] = {
    "invalid_client": ("the client {client} is not known, or its secret is wrong", "Check `client_id` and `secret`."),
    "invalid_grant": ("the refresh token or consent of {user} is not valid (any more)",
                      "Put a new token where `refresh_token` points, or run: liaison login"),
    "unauthorized_client": ("the client {client} may not have tokens in this way",
                            "The login server's operator must allow this grant for the client."),
    "invalid_scope": ("it knows no such scope", "Ask the login server's operator what `scopes` should be."),
    "access_denied": ("access for {user} was denied", _LOGIN),
}


def microsoft_refusal(answer: Mapping[str, Any], asked: Asked) -> TokenError:
    """By the first number that is known."""
    said = str(answer.get("error_description") or "")
    numbers = [str(code) for code in answer.get("error_codes") or ()] or _NUMBER.findall(said)
    number = next((code for code in numbers if code in _MICROSOFT), numbers[0] if numbers else "")
    who = f"Microsoft's login server refused (AADSTS{number})" if number else "Microsoft's login server refused"
    if set(numbers) & _MICROSOFT_LATER or answer.get("error") in _LATER:
        return TokenError(f"{who} for a while.", "The bot tries again by itself.", temporary=True)
    if number in _MICROSOFT:
        return _told(who, _MICROSOFT[number], asked)
    return _unknown(who, said.partition("Trace ID")[0].partition("\r\n")[0] or str(answer.get("error") or ""), asked,
                    f"Campus IT finds what AADSTS{number} means at "
                    f"https://login.microsoftonline.com/error?code={number}"
                    if number else "Campus IT sees more in Entra's sign-in logs.")


def google_refusal(error: str, said: str, asked: Asked) -> TokenError:
    """By Google's word, and a word of its description where one error has several causes."""
    who = f"Google's login server refused ({scrub(error, None)[:60]})"
    if error in _LATER:
        return TokenError(f"{who} for a while.", "The bot tries again by itself.", temporary=True)
    for name, word, what, mend in _GOOGLE:
        if name == error and word in said.lower() and not (word and asked.wants_consent and word != "iat"):
            return _told(who, (what, mend), asked)
    return _unknown(who, said, asked, "Campus IT sees more in the Cloud console and the Admin console's audit log.")


def other_refusal(answer: Mapping[str, Any], asked: Asked) -> TokenError:
    """By the words of RFC 6749, 5.2."""
    error = str(answer.get("error") or "")
    who = f"The login server {asked.place} refused ({scrub(error, None)[:60]})"
    if error in _LATER:
        return TokenError(f"{who} for a while.", "The bot tries again by itself.", temporary=True)
    if error in _OTHER:
        return _told(who, _OTHER[error], asked)
    return _unknown(who, str(answer.get("error_description") or ""), asked, "Ask the login server's operator.")


def _told(who: str, words: tuple[str, str], asked: Asked) -> TokenError:
    # Not str.format: names come from a file that people write.
    filled = [_filled(part, asked) for part in words]
    return TokenError(f"{who}: {filled[0]}.", filled[1])


def _filled(text: str, asked: Asked) -> str:
    return text.replace("{client}", asked.client).replace("{user}", asked.user).replace("{place}", asked.place)


def _unknown(who: str, said: str, asked: Asked, mend: str) -> TokenError:
    words = said
    for secret in asked.secrets:
        words = words.replace(secret, "…")
    words = scrub(words, None)[:200]
    return TokenError(f"{who}{f': {words}' if words else ''}.".replace("..", "."), mend)
