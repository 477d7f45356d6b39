"""URLs: what makes two of them one article, how one is fetched, and which host it belongs to.

Parsed by ada (the WHATWG rules that browsers follow), then normalised by rules of our own. A tracker is removed
only if it is on the list below: anything else in a query may choose the article.
"""

import re
from typing import Final

from ada_url import URL

MAX_LENGTH: Final = 2048
DEFAULT_PORTS: Final = frozenset({"", "80", "443"})

# Query parameters that say where a reader came from or who the reader is, never what is read.
TRACKERS: Final = frozenset(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid twclid ttclid yclid igshid igsh li_fat_id epik srsltid rb_clickid
    _openstat _branch_match_id _ga _gl _gac _hsenc _hsmi __hssc __hstc __hsfp __s hsctatracking __twitter_impression
    mc_cid mc_eid mkt_tok vero_id vero_conv oly_enc_id oly_anon_id ml_subscriber ml_subscriber_hash wickedid
    fb_action_ids fb_action_types fb_ref fb_source ref_src ref_url s_cid cmpid cmp ncid smid smtyp ocid icid xtor ito
    mbid sref srnd trk trkcampaign soc_src soc_trk guccounter guce_referrer guce_referrer_sig dicbo tblci oborigurl
    wt.mc_id wt.mc_ev wt_mc wt_zmc at_medium at_campaign at_campaign_type at_custom1 at_custom2 at_custom3 at_custom4
    at_format at_link_id at_link_origin at_link_type at_ptr_name at_bbc_team ns_source ns_mchannel ns_campaign
    ns_linkname ns_fee feedtype feedname phpsessid jsessionid
    """.split()
)
TRACKER_PREFIXES: Final = ("utm_", "pk_", "piwik_", "mtm_", "matomo_", "hmb_", "aspsessionid")

UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})|%")
NOT_IN_URLS: Final = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
SESSION_IN_PATH: Final = re.compile(r";jsessionid=[^/;?]*", re.IGNORECASE)

FEED_WORDS: Final = frozenset({"feed", "feeds", "rss", "atom", "rdf", "sitemap", "sitemaps"})
SOURCE_FILE: Final = re.compile(
    r"\.(?:xml|rss|atom|rdf|opml)(?:\.gz)?$|(?:^|/)(?:feed|rss|atom|sitemap[^/]*)\.(?:json|txt|gz|php)$"
)
FEED_QUERY: Final = re.compile(r"(?:^|&)(?:feed|format|output|alt|type)=(?:rss2?|atom|feed|rdf)(?:&|$)", re.IGNORECASE)

VARIANT_HOST: Final = re.compile(r"^(?:amp|m|mobile|touch)\.(?=[^.]+\.)")
VARIANT_PATH: Final = re.compile(r"^/amp(?=/.)|/(?:amp|print)/?$|[./]amp(?=\.html?$)|\.amp$", re.IGNORECASE)
VARIANT_QUERY: Final = frozenset({"amp", "amp=1", "amp=true", "outputtype=amp", "print", "print=1", "print=true"})


class BadUrl(ValueError):
    """Not an http or https address with a host; the message says why, in one line."""


def canonical_url(url: str) -> str:
    """The identity of the article at `url`: the same for every spelling of one address.

    Scheme, `www.`, user and fragment are dropped and the query is sorted; `https` stands for both schemes, except
    beside an explicit port, where only one of them can be meant.
    """
    parts = _parse(url)
    host = _host(parts).removeprefix("www.") if _host(parts).count(".") > 1 else _host(parts)
    port = "" if parts.port in DEFAULT_PORTS else f":{parts.port}"
    path = _escapes(SESSION_IN_PATH.sub("", parts.pathname)).rstrip("/") or "/"
    pairs = sorted(_without_trackers(_escapes(parts.search[1:]).replace("+", "%20")), key=_name)
    route = _escapes(parts.hash) if parts.hash.startswith(("#!", "#/")) else ""  # a script's page, not a place in one
    scheme = parts.protocol if port else "https:"
    return _checked(f"{scheme}//{host}{port}{path}{'?' if pairs else ''}{'&'.join(pairs)}{route}")


def fetch_url(url: str) -> str:
    """The same resource as `url`, spelled for a request: no fragment, no trackers, host in ASCII; else as given."""
    parts = _parse(url)
    pairs = _without_trackers(parts.search[1:])
    return _without_user(parts, f"{parts.pathname}{'?' if pairs else ''}{'&'.join(pairs)}")


def resolve_url(base: str, reference: str) -> str:
    """Where a link or a Location header on `base` leads; trackers stay, since the server asked for them."""
    parts = _parse(reference, base)
    return _without_user(parts, parts.pathname + parts.search)


def host_of(url: str) -> str:
    """The host of `url` in lower-case ASCII, or its address; no port. Politeness is counted by it."""
    return _host(_parse(url)).strip("[]")


def robots_url(url: str) -> str:
    """Where the robots.txt lies that governs `url`: one for each scheme, host and port."""
    return _without_user(_parse(url), "/robots.txt")


def looks_like_source(url: str) -> bool:
    """True if the address has the shape of a home page, feed or sitemap; in doubt it is an article."""
    parts = _parse(url)
    path = parts.pathname.lower()
    if path == "/":
        return not parts.search or bool(FEED_QUERY.search(parts.search[1:]))
    words = path.rstrip("/").rpartition("/")[2]
    return words in FEED_WORDS or bool(SOURCE_FILE.search(path)) or bool(FEED_QUERY.search(parts.search[1:]))


def main_version(url: str) -> str | None:
    """The canonical URL that an AMP, mobile or print address is probably a version of; None if it is none.

    Only a candidate: `/amp` may be an article about amplifiers, so texts must confirm it.
    """
    parts = _parse(canonical_url(url))
    pairs = [pair for pair in parts.search[1:].split("&") if pair and pair.lower() not in VARIANT_QUERY]
    host, path = VARIANT_HOST.sub("", parts.host), VARIANT_PATH.sub("", parts.pathname)
    main = canonical_url(f"{parts.protocol}//{host}{path}{'?' if pairs else ''}{'&'.join(pairs)}{parts.hash}")
    return None if main == parts.href else main


def _parse(url: str, base: str | None = None) -> URL:
    """`url` taken apart; BadUrl unless it is http or https with a host."""
    if len(url) > 4 * MAX_LENGTH:
        raise BadUrl(f"longer than {MAX_LENGTH} characters")
    try:
        parts = URL(url, base)
    except (ValueError, UnicodeError):
        raise BadUrl("not a URL" if "://" in url else "not a URL: http:// or https:// is missing") from None
    if parts.protocol not in {"http:", "https:"}:
        raise BadUrl(f"{parts.protocol[:40]} addresses are not fetched, only http: and https:")
    if not _host(parts):
        raise BadUrl("the host name is missing")
    return parts


def _host(parts: URL) -> str:
    """The host, whether or not its name is closed with the root's dot."""
    return str(parts.hostname).rstrip(".")


def _without_user(parts: URL, rest: str) -> str:
    """The address of `rest` on the same host; BadUrl if a user name stands in front of it."""
    if parts.username or parts.password:
        raise BadUrl("a user name or password in the address")
    port = f":{parts.port}" if parts.port else ""
    return _checked(f"{parts.protocol}//{_host(parts)}{port}{rest}")


def _checked(url: str) -> str:
    if len(url) > MAX_LENGTH:
        raise BadUrl(f"longer than {MAX_LENGTH} characters")
    return url


def _name(pair: str) -> str:
    return pair.partition("=")[0]


def _without_trackers(query: str) -> list[str]:
    """The parameters of `query`, in order, less empty ones and trackers."""
    return [pair for pair in query.split("&") if pair and not _is_tracker(_name(pair).lower())]


def _is_tracker(name: str) -> bool:
    return name in TRACKERS or name.startswith(TRACKER_PREFIXES)


def _escapes(text: str) -> str:
    """One spelling for every character: unreserved ones plain, escapes in capitals, all else as it stands."""
    return NOT_IN_URLS.sub(lambda match: f"%{ord(match[0]):02X}", ESCAPE.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    """A percent sign and what follows: decoded if the character means the same either way."""
    if not match[1]:
        return "%25"
    code = int(match[1], 16)
    return chr(code) if code in UNRESERVED else match[0].upper()
