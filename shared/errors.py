"""The errors of Copydesk. What a stage expects to go wrong is a value (shared.reasons.Failed), not one of these.

CopydeskError
├── UsageError      the person gave something that cannot be used; the message says what and what to do
├── Transient       an outside service is away; the same call may work later
│   ├── DatabaseDown
│   └── BrokerDown
└── Permanent       the same call will never work
    └── BadRow      a stored row that this version does not know
"""


class CopydeskError(Exception):
    """Base of all: its message is one line for a person."""


class UsageError(CopydeskError):
    """What was given cannot be used; the message names it and says what to do. Exit status 2."""


class Transient(CopydeskError):
    """An outside service is away; trying again later may work."""


class DatabaseDown(Transient):
    """The database cannot be reached."""


class BrokerDown(Transient):
    """The broker cannot be reached."""


class Permanent(CopydeskError):
    """Trying again will not help."""


class BadRow(Permanent):
    """A stored row that this version does not know."""
