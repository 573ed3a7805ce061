"""The words, names and hosts by which bait is known: what impostors ask for, and whose dress they wear. Data only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.inbox.domains import word_set

_MICROSOFT = (
    "microsoft", "microsoftonline", "sharepoint", "sharepointonline", "live", "office", "office365", "outlook", "1drv",
    "onedrive", "windows", "skype")
_GOOGLE = ("google", "googlemail", "gmail", "youtube", "goo", "withgoogle")
_ACCOUNT = (
    r"(?:mail ?box|e-?mail|web ?mail|account|password|pass ?word|credentials?|log-?in|sign-?in|identity|net ?id"
    r"|user ?name|mfa|profile)")
CREDENTIALS = re.compile(
    rf"\b(?:verify|validate|re-?validate|confirm|re-?confirm|update|upgrade|re-?activate|restore|unlock|unblock"
    rf"|authenticate|secure|submit|provide|enter|keep)\b[^.!?,\n]{{0,50}}\b{_ACCOUNT}"
    rf"|\b{_ACCOUNT}s?\b[^.!?\n]{{0,50}}\b(?:suspend|deactivat|disabl|terminat|expir|clos|lock|restrict|limit|block"
    rf"|shut ?down|delet|compromis|quota|storage|full|exceed|verif|validat|over its)\w{{0,6}}"
    r"|\b(?:quota|storage)\b[^.!?\n]{0,40}\b(?:exceed|full|limit|reached|almost)\w{0,6}|\b\d{1,3} (?:quarantined"
    r"|undelivered|held|pending|blocked) (?:incoming )?(?:messages?|e-?mails?)\b"
    r"|\b(?:multi-?factor|two-?factor|mfa|2fa|authenticator)\b[^.!?\n]{0,60}\b(?:expir|re-?enrol|scan|requir|updat"
    r"|verif|confirm|activat)\w{0,6}|\bscan (?:the|this) (?:qr|code)|\bqr code (?:below|attached|to (?:sign|log"
    r"|verify))"
    r"|\bunusual (?:sign-?in|login|activity)|\bshared (?:a )?(?:secure )?(?:document"
    r"|file)s? with you\b[^.!?\n]{0,60}\b(?:sign|log) ?in", re.IGNORECASE)
PRESSURE = re.compile(
    r"\b(?:click|follow|use|visit|open|tap)\b[^.!?\n]{0,30}\b(?:here|below|link|button|attach\w{0,4})|https?://"
    r"|<\S{4,300}>|\bwithin (?:the next )?(?:\d{1,3}|twenty|forty)[- ]?\w{0,6} ?hours?\b|\bimmediate(?:ly)?\b"
    r"|\b(?:avoid|prevent)\b[^.!?\n]{0,40}\b(?:los|suspen|deactiv|interrup|terminat|clos|lock)\w{0,8}|\bfailure to\b"
    r"|\bpermanent(?:ly)?\b|\breply (?:with|to this)\b|\burgent", re.IGNORECASE)
#: Where bait leads without a link.
ANSWER = re.compile(r"\b(?:reply|respond|return|send|fill (?:in|out)|complete)\b[^.!?\n]{0,40}\b(?:this|with|form"
    r"|your)\b",
    re.IGNORECASE)
GIFT = re.compile(r"\b(?:gift|prepaid|store|amazon|itunes|apple|google play|steam|visa|ebay) ?cards?\b"
    r"|\$ ?\d{2,4}(?:\.00)? (?:\w+ )?cards?\b", re.IGNORECASE)
GIFT_ASK = re.compile(r"\b(?:buy|purchase|get|pick up|need|scratch|codes?|reimburse|send (?:me|them)|amazon|itunes"
    r"|apple|google play|steam|ebay|discreet|surprise|favou?r)\b", re.IGNORECASE)
FAVOUR = re.compile(
    r"\b(?:are you (?:available|free|at your desk|in the office|on campus|around)|quick (?:favou?r|task|request)"
    r"|need (?:you to (?:do|run|handle|take care of)|a favou?r)|(?:can't|cannot|can not) (?:talk|call)"
    r"|in a meeting (?:right now|and)"
    r"|send me your (?:cell|personal|mobile|phone)|your (?:cell|personal|mobile) (?:phone )?number)\b", re.IGNORECASE)
#: Money that shall go another way than before.
_MONEY_WAY = (
    r"(?:direct deposit|payroll|bank(?:ing)? (?:account|details?|information|instructions?)|wire (?:transfer"
    r"|instructions?"
    r"|details?|information)|ach (?:details?|information|form|instructions?|payments?)|routing (?:number|information)"
    r"|remittance (?:details|information|address)|payment (?:details|instructions?|account))")
_CHANGED = r"(?:chang|updat|switch|revis|replac)\w{0,5}|new\b"
PAYROLL = re.compile(
    rf"\b{_MONEY_WAY}\b[^.!?\n]{{0,40}}\b(?:{_CHANGED})|\b(?:{_CHANGED})[^.!?\n]{{0,30}}\b{_MONEY_WAY}\b"
    r"|\bsalary (?:increase|adjustment|review)\b[^.!?\n]{0,60}\b(?:view|review|click|open|attach|sign|log)\w{0,4}",
    re.IGNORECASE)
#: What nobody honest asks for by mail: the secret part of a card, a key, a code that was sent to a phone.
_SECRET = (
    r"(?:private keys?|(?:admin(?:istrator)?|root|proxy) passwords?|passwords? of the (?:admin\w{0,10}|proxy|server)"
    r"|(?:credit|debit|payment) card (?:numbers?|details)|number of (?:a|the|your) (?:credit|debit) card"
    r"|(?:approval|verification"
    r"|security|one-?time|six-digit) codes?|three digits|cvv)")
SECRETS = re.compile(
    rf"\b(?:upload|send|return|provide|enter|give|fill in|read (?:out|back)|reply with"
    rf"|need)\b[^.!?\n]{{0,80}}\b{_SECRET}\b"
    rf"|\b{_SECRET}\b[^.!?\n]{{0,60}}\b(?:to read out|read (?:it|them|out|back)|our agent|on the back)\b",
    re.IGNORECASE)
MACROS = re.compile(
    r"\benable (?:content|editing|macros?)\b|\b(?:zip|archive|attachment|attached)\b[^!?\n]{0,40}\bpassword(?: is|:)",
    re.IGNORECASE)
INVOICE = re.compile(
    r"\b(?:(?:overdue|past due|unpaid|outstanding|final|attached|pending|new)\b[^.!?\n]{0,20}\binvoices?"
    r"|invoices?\b[^.!?\n]{0,40}\b(?:attached|overdue|past due|unpaid|outstanding|pay(?:able|ment)?"
    r"|immediate))", re.IGNORECASE)
PAY_NOW = re.compile(r"\b(?:wire|bank (?:account|details|transfer)|routing|remit|pay (?:now|immediately|today|by)"
    r"|click|open the attach\w{0,4} (?:file|now|to)|collections?|immediate|immediately|urgent\w{0,2})\b", re.IGNORECASE)
#: Notices in the dress of services that pass on files, calls and parcels.
SHARED = re.compile(
    r"\b(?:shared|sent|invited you to (?:view|edit|open|download|collaborate)|wants to share|is sharing|uploaded)\b"
    r"[^.!?\n]{0,40}(?:\b(?:files?|documents?|folders?|items?|links?|pdf|spreadsheet|scan|pages?|attachment)\b"
    r"|[\"“'«][^\"”»\n]{1,100}[\"”'»])|\b(?:files?|documents?|folders?|[\"”'»]) (?:has been |have been |was |were )?"
    r"(?:shared|sent) (?:with|to|for) you|\b(?:document|file|agreement|contract|envelope)s? (?:is |are )?(?:ready "
    r"|waiting )?"
    r"(?:for|to|awaiting) (?:you to |your )?(?:review|signature|sign|e-?sign|download)|\breview (?:and"
    r"|&) (?:e-?)?sign\b"
    r"|\bdocument(?:s)? to (?:review|sign)|\bcomplete with docusign|\b(?:review|view|open|access|download) "
    r"(?:the )?(?:shared )?(?:secure )?(?:documents?|files?|folder)\b", re.IGNORECASE)
VOICE = re.compile(
    r"\b(?:new|missed|received|unheard|incoming|secure|you have (?:a|1|one|\d+))\b[^.!?\n]{0,30}"
    r"\b(?:voice ?mails?|voice ?messages?|audio messages?|e?-?fax(?:es)?|fax messages?)\b"
    r"|\b(?:listen to|play) (?:the |your |this )?(?:voice ?mail|voice ?message|message|audio)", re.IGNORECASE)
PARCEL = re.compile(
    r"\b(?:parcel|package|shipment|delivery)\b[^.!?\n]{0,60}\b(?:held|on hold|failed|undeliver\w{0,4}|customs"
    r"|redeliver\w{0,3}"
    r"|unpaid|reschedule|confirm your address|shipping fee)", re.IGNORECASE)
FORCED = re.compile(
    r"\b(?:log|sign)[- ]?(?:in|on)\b|\bpasswords?\b|\bexpir\w{1,5}\b|\bconfidential\b|\burgent\w{0,2}\b"
    r"|\bimmediate\w{0,2}\b"
    r"|\bsalar(?:y|ies)\b|\bpayroll\b|\bbonus\b|\bremittance\b|\bbenefits?\b|\bverify\b|\bcredentials?\b"
    r"|\bwithin \d{1,3} (?:hours?|days?)\b|\bonly works? for\b|\bsecure (?:message|document|file|link"
    r"|portal)\b", re.IGNORECASE)
#: What asks for something that an impostor wants; a notice of an outage has none of it.
ASKS = re.compile(
    r"\b(?:please|must|need to|required to|asked to|click|and) (?:re-?)?(?:log|sign)[- ]?(?:in|on)\b"
    r"|^\W{0,4}(?:log|sign)[- ]?(?:in|on) (?:to|at|here|now|with|using|below)\b"
    r"|\b(?:verify|validate|confirm|update|reset|enter|provide|submit|unlock|restore) (?:your|the|all|access|user)\b"
    r"|\bpasswords?\b|\bcredentials?\b|\bpayments?\b|\bremit\b|\bbank\b|\bgift\b|\bwire\b|\binvoices?\b"
    r"|\b(?:see|open|review|download|view)\b[^.!?\n]{0,20}\battach\w{0,6}|\bqr\b|\burgent\w{0,2}\b"
    r"|\bwithin \d{1,2} hours\b"
    r"|\bsuspend\w{0,4}\b", re.IGNORECASE | re.MULTILINE)
#: Services that impostors like to wear, by the word that people know, and the registered names they send and link from.
SERVICES: Mapping[str, tuple[str, ...]] = {
    "microsoft": _MICROSOFT, "onedrive": _MICROSOFT, "sharepoint": _MICROSOFT, "office 365": _MICROSOFT,
    "microsoft 365": _MICROSOFT, "office365": _MICROSOFT, "outlook": _MICROSOFT, "microsoft teams": _MICROSOFT,
    "google": _GOOGLE, "google drive": _GOOGLE, "google docs": _GOOGLE, "gmail": _GOOGLE,
    "box": ("box", "boxenterprise"), "dropbox": ("dropbox", "dropboxmail", "hellosign"),
    "docusign": ("docusign",), "adobe": ("adobe", "adobesign", "echosign", "documentcloud"),
    "wetransfer": ("wetransfer",),
    "zoom": ("zoom", "zoomgov"), "paypal": ("paypal",), "dhl": ("dhl",), "fedex": ("fedex",), "ups": ("ups",),
    "usps": ("usps",), "amazon": ("amazon", "amazonaws", "amazonses"), "apple": ("apple", "icloud"),
    "citrix": ("citrix", "sharefile"), "sharefile": ("citrix", "sharefile"), "egnyte": ("egnyte",),
    "smartsheet": ("smartsheet",), "linkedin": ("linkedin",), "norton": ("norton",), "mcafee": ("mcafee",),
}
SERVICE = re.compile(rf"\b(?:{'|'.join(sorted(SERVICES, key=len, reverse=True))})\b", re.IGNORECASE)
#: A sender's name that is the service's and nobody's: Norton and Box are surnames too.
SERVICE_NAME = re.compile(
    rf"(?:^|\bvia |\()(?:{'|'.join(sorted(SERVICES, key=len, reverse=True))})(?:'s)?(?:,? (?:inc|team|support|security"
    r"|accounts?|notifications?|alerts?|online|services?|center|admin|corporate|365|messages?|mail|files?|sign"
    r"|activity))*"
    r"\.?\)?$", re.IGNORECASE)
SERVICE_SAID = re.compile(
    r"(?<!O\. )(?<!PO )(?<!P\.O\.)\b(?:Box(?! ?\d)|Drop[Bb]ox|One[Dd]rive|Share[Pp]oint|Google D(?:rive|ocs)"
    r"|Docu[Ss]ign"
    r"|WeTransfer|Microsoft(?: 365| Teams)?|Office ?365|ShareFile|Smartsheet|Adobe)\b")
SHORT = word_set("bit.ly tinyurl.com t.co goo.gl ow.ly is.gd buff.ly rebrand.ly cutt.ly rb.gy shorturl.at t.ly tiny.cc")
IP_HOST = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$")
WARNING = re.compile(
    r"\b(?:phishing|scams?|spoof(?:ed|ing)|fraudulent|fake (?:e-?mail|message)|suspicious (?:e-?mail|message)"
    r"|do not (?:click|respond|reply|open)|impersonat\w{0,6}|security awareness)\b", re.IGNORECASE)
DANGEROUS = re.compile(r"\.(?:html?|shtml|svg|iso|img|exe|scr|js|vbs|lnk|bat|cmd|hta|jar|docm|xlsm|one|zip|rar|7z"
    r"|ace)$", re.IGNORECASE)
ROLE = re.compile(
    r"\b(?:support|help ?desk|help|admin(?:istrator)?|office|team|services?|billing|accounts?|security|it"
    r"|notifications?|no-?reply|alerts?|center|desk|director|staff|web ?master|postmaster|mail)\b", re.IGNORECASE)
PICTURE = re.compile(r"\.(?:png|jpe?g|gif|bmp|svg|pdf)$", re.IGNORECASE)
HEAD = re.compile(
    r"\b(?:director|dean|president|provost|chancellor|chair|executive|head|office|manager|librarian)\b", re.IGNORECASE)
STATUS = re.compile(r"status|health|uptime|news")
WIRE = re.compile(r"\b(?:wire transfer|bank transfer|gift cards?|payment|vendor)\b", re.IGNORECASE)
FREE = (
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "aol.com", "icloud.com", "proton.me", "protonmail.com",
    "gmx.com", "mail.com", "live.com", "yandex.com", "mail.ru", "zoho.com",
)
LINK = re.compile(r"https?://([^\s/<>()\"'\]]{3,253})", re.IGNORECASE)
LINK_DEFECT = re.compile(r"^a link shows (\S+) but leads to (\S+)$")
