"""URLs: what makes two of them one article, how one is fetched, and which host it belongs to.

Parsed by ada (the WHATWG rules that browsers follow), then normalised by rules of our own. A tracker is removed
only if it is on the list below: anything else in a query may choose the article.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from ada_url import URL

MAX_LENGTH: Final = 2048
# An address as ada writes it. Asking ada for its parts one by one takes longer than parsing it.
HREF: Final = re.compile(
    r"(https?)://(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?(/[^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)
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
PLAIN: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]*")
NOT_IN_URLS: Final = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
SESSION_IN_PATH: Final = re.compile(r";jsessionid=[^/;?]*", re.IGNORECASE)

FEED_WORDS: Final = frozenset({"feed", "feeds", "rss", "atom", "rdf", "sitemap", "sitemaps"})
SOURCE_FILE: Final = re.compile(
    r"\.(?:xml|rss|atom|rdf|opml)(?:\.gz)?$|^(?:feed|rss|atom|sitemap.*)\.(?:json|txt|gz|php)$"
)
FEED_QUERY: Final = re.compile(r"(?:^|&)(?:feed|format|output|alt|type)=(?:rss2?|atom|feed|rdf)(?:&|$)", re.IGNORECASE)

VARIANT_HOST: Final = re.compile(r"^(?:amp|m|mobile|touch)\.(?=[^.]+\.)")
VARIANT_PATH: Final = re.compile(r"^/amp(?=/.)|/(?:amp|print)/?$|[./]amp(?=\.html?$)|\.amp$", re.IGNORECASE)
VARIANT_QUERY: Final = frozenset({"amp", "amp=1", "amp=true", "outputtype=amp", "print", "print=1", "print=true"})


# What ada gives back letter by letter, so that it need not be asked: no Punycode in the host, which is no address, no
# dot segments in the path, nothing that is escaped or has to be.
SPELLED: Final = re.compile(
    r"https?://(?:(?!xn--)[a-z0-9-]++\.)++[a-z]{2,}(?:/(?!\.\.?(?:[/?]|\Z))[A-Za-z0-9._~-]*+)++(?:\?[A-Za-z0-9._~=&-]++)?"
)


class BadUrl(ValueError):
    """Not an http or https address with a host; the message says why, in one line."""


class Address(NamedTuple):
    """What a row needs to know of a URL: how it is fetched, which article it is, and whose delay it obeys."""

    url: str
    canonical_url: str
    host: str


class _Parts(NamedTuple):
    """A parsed address; `user` is what stands before an @, `query` and `fragment` come without their marks."""

    scheme: str
    user: str | None
    host: str
    port: str
    path: str
    query: str
    fragment: str


def read_address(url: str) -> Address:
    """`url` as a row needs it. Raises BadUrl."""
    return Address(fetch_url(url), canonical_url(url), host_of(url))


def canonical_url(url: str) -> str:
    """The identity of the article at `url`: the same for every spelling of one address.

    Scheme, `www.`, user and fragment are dropped and the query is sorted; `https` stands for both schemes, except
    beside an explicit port, where only one of them can be meant.
    """
    parts = _parse(url)
    host = parts.host.removeprefix("www.") if parts.host.count(".") > 1 else parts.host
    port = "" if parts.port in DEFAULT_PORTS else f":{parts.port}"
    path = _escapes(SESSION_IN_PATH.sub("", parts.path) if ";" in parts.path else parts.path).rstrip("/") or "/"
    query = _escapes(parts.query).replace("+", "%20")
    pairs = sorted(_without_trackers(query), key=_name)
    # a script's page, not a place in one
    route = f"#{_escapes(parts.fragment)}" if parts.fragment.startswith(("!", "/")) else ""
    scheme = parts.scheme if port else "https"
    return _checked(f"{scheme}://{host}{port}{path}{_query(pairs)}{route}")


def fetch_url(url: str) -> str:
    """The same resource as `url`, spelled for a request: no fragment, no trackers, host in ASCII; else as given."""
    parts = _parse(url)
    return _on_host(parts, f"{parts.path}{_query(_without_trackers(parts.query))}")


def resolve_url(base: str, reference: str) -> str:
    """Where a link or a Location header on `base` leads; trackers stay, since the server asked for them."""
    parts = _parse(reference, base)
    return _on_host(parts, f"{parts.path}?{parts.query}" if parts.query else parts.path)


def linked_url(base: str, reference: str) -> str:
    """Where a link on `base` leads, spelled for a request."""
    parts = _parse(reference, base)
    return _on_host(parts, f"{parts.path}{_query(_without_trackers(parts.query))}")


def host_of(url: str) -> str:
    """The host of `url` in lower-case ASCII, or its address; no port. Politeness is counted by it."""
    return _parse(url).host.strip("[]")


def robots_url(url: str) -> str:
    """Where the robots.txt lies that governs `url`: one for each scheme, host and port."""
    return _on_host(_parse(url), "/robots.txt")


def looks_like_source(url: str) -> bool:
    """True if the address has the shape of a home page, feed or sitemap; in doubt it is an article."""
    parts = _parse(url)
    path = parts.path.lower()
    if parts.query and FEED_QUERY.search(parts.query):
        return True
    if path == "/":
        return not parts.query
    name = path.rstrip("/").rpartition("/")[2]
    return name in FEED_WORDS or bool(SOURCE_FILE.search(name))


def main_version(url: str) -> str | None:
    """The canonical URL that an AMP, mobile or print address is probably a version of; None if it is none.

    Only a candidate: `/amp` may be an article about amplifiers, so texts must confirm it.
    """
    canonical = canonical_url(url)
    parts = _parse(canonical)
    pairs = [pair for pair in parts.query.split("&") if pair and pair.lower() not in VARIANT_QUERY]
    host, path = VARIANT_HOST.sub("", parts.host), VARIANT_PATH.sub("", parts.path)
    port, route = (f":{parts.port}" if parts.port else ""), (f"#{parts.fragment}" if parts.fragment else "")
    main = canonical_url(f"{parts.scheme}://{host}{port}{path}{_query(pairs)}{route}")
    return None if main == canonical else main


@lru_cache(maxsize=256)  # identity, request and host of one address are asked for one after the other
def _parse(url: str, base: str | None = None) -> _Parts:
    """`url` taken apart; BadUrl unless it is http or https with a host."""
    if len(url) > 4 * MAX_LENGTH:
        raise BadUrl(f"longer than {MAX_LENGTH} characters")
    href = url if base is None and SPELLED.fullmatch(url) else _spell(url, base)
    match = HREF.fullmatch(href)
    if not match:
        raise BadUrl(f"{href.partition(':')[0][:40]}: addresses are not fetched, only http: and https:")
    scheme, user, host, port, path, query, fragment = match.groups()
    if not host.rstrip("."):
        raise BadUrl("the host name is missing")
    return _Parts(scheme, user, host.rstrip("."), port or "", path, query or "", fragment or "")


def _spell(url: str, base: str | None) -> str:
    """`url` as the WHATWG parser writes it: the same for every spelling that browsers take for the same."""
    try:
        return str(URL(url, base).href)
    except (ValueError, UnicodeError):
        raise BadUrl("not a URL" if "://" in url else "not a URL: http:// or https:// is missing") from None


def _on_host(parts: _Parts, rest: str) -> str:
    """The address of `rest` on the same host; BadUrl if a user name stands in front of it."""
    if parts.user:
        raise BadUrl("a user name or password in the address")
    port = f":{parts.port}" if parts.port else ""
    return _checked(f"{parts.scheme}://{parts.host}{port}{rest}")


def _checked(url: str) -> str:
    if len(url) > MAX_LENGTH:
        raise BadUrl(f"longer than {MAX_LENGTH} characters")
    return url


def _name(pair: str) -> str:
    return pair.partition("=")[0]


def _query(pairs: list[str]) -> str:
    return f"?{'&'.join(pairs)}" if pairs else ""


def _without_trackers(query: str) -> list[str]:
    """The parameters of `query`, in order, less empty ones and trackers."""
    return [pair for pair in query.split("&") if pair and not _is_tracker(_name(pair).lower())] if query else []


def _is_tracker(name: str) -> bool:
    return name in TRACKERS or name.startswith(TRACKER_PREFIXES)


def _escapes(text: str) -> str:
    """One spelling for every character: unreserved ones plain, escapes in capitals, all else as it stands."""
    if PLAIN.fullmatch(text):
        return text
    return NOT_IN_URLS.sub(lambda match: f"%{ord(match[0]):02X}", ESCAPE.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    """A percent sign and what follows: decoded if the character means the same either way."""
    if not match[1]:
        return "%25"
    code = int(match[1], 16)
    return chr(code) if code in UNRESERVED else match[0].upper()
