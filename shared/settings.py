"""Every setting of Copydesk: one frozen object, read once at the edge of a process from COPYDESK_* variables."""

import re
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import UsageError


class Settings(BaseSettings):
    """What can be set from outside. Times are in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="COPYDESK_", frozen=True, extra="ignore")

    data_dir: Path = Field(Path("copydesk-data"), description="Folder of the embedded database, broker and logs.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in data_dir.")
    broker_url: str = Field("", description="Redis URL; empty: the broker that `copydesk run` starts in data_dir.")

    pages_url: str = Field(
        "", description="fsspec URL of a folder for page bodies (file:///..., s3://...). Empty: database."
    )

    batch_size: int = Field(32, ge=1, le=1000, description="Most articles that one message names.")
    time_limit_s: int = Field(120, ge=1, description="Hard limit of one batch in a worker process.")
    article_time_limit_s: float = Field(30.0, gt=0, description="Limit of one article or source in a stage.")
    memory_limit_mb: int = Field(1024, ge=200, description="Most memory of the process that works on pages.")
    page_max_bytes: int = Field(20_000_000, ge=1000, description="Largest page that is worked on, however it came.")
    text_max_chars: int = Field(1_000_000, ge=1000, description="Longest text that counts as an article.")
    mentions_max: int = Field(10_000, ge=1, description="Most mentions that are kept of one article.")
    lease_s: int = Field(60, ge=1, description="How long a claimed article is a worker's own unless it renews that.")
    visibility_timeout_s: int = Field(600, ge=1, description="When the broker redelivers a message. > lease_s.")
    hand_on_timeout_s: int = Field(60, ge=1, description="A message this old counts as lost and is sent again.")
    queue_bound: int = Field(200, ge=1, description="Most messages per queue; what is beyond waits as rows.")
    dispatch_interval_s: float = Field(1.0, gt=0, description="How often beat lets dispatch run.")
    silence_s: float = Field(60.0, gt=0, description="An idle worker that leaves a message lying so long starts over.")
    max_lost: int = Field(3, ge=1, description="An article whose worker was lost this often is quarantined.")

    near_key_days: float = Field(30.0, gt=0, description="How long copies that are not equal are looked for.")
    story_ends_days: float = Field(10.0, gt=0, description="A story that nothing joins for so long has ended.")

    entity_model: str = Field(
        "minilm", description="What finds names: minilm, rules, none, spacy, gliner, or an entry point."
    )

    stages: str = Field(
        "", description="STAGE=ENTRY_POINT, comma-separated: stages of other packages in place of ours."
    )

    fetch_delay_s: float = Field(2.0, ge=0, description="Delay per host, from the end of a request to the next.")
    fetch_allow_networks: str = Field("", description="Comma-separated CIDRs that count as public. Empty: none.")
    fetch_concurrency: int = Field(64, ge=1, description="Most requests in flight per fetch slot.")
    fetch_deadline_s: float = Field(30.0, gt=0, description="Limit of a whole request.")
    fetch_shift_s: float = Field(2.0, gt=0, description="How long one fetch task goes on claiming hosts.")
    fetch_max_bytes: int = Field(5_000_000, ge=1000, description="Largest decoded body.")
    fetch_proxy: str = Field("", description="HTTP proxy for every request; empty: none.")
    fetch_contact: str = Field("", description="Address of a person, added to the User-Agent.")
    host_lease_s: float = Field(
        60.0, gt=0, description="How long a claimed host is a worker's own. > fetch_deadline_s."
    )
    robots_ttl_s: float = Field(86_400.0, gt=0, description="How long a copy of robots.txt is used.")

    dashboard_password: str = Field("", repr=False, description="Opens the dashboard. Empty: open, on loopback only.")
    api_token: str = Field("", repr=False, description="Lets programs write through the dashboard's API. Empty: none.")

    log_format: Literal["auto", "console", "json"] = Field("auto", description="auto: console on a terminal.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe line logged.")

    @field_validator("fetch_allow_networks")
    @classmethod
    def check_networks(cls, text: str) -> str:
        """A network that is none opens nothing; better to hear of it before the first request is refused."""
        for word in filter(None, map(str.strip, text.split(","))):
            if "/" not in word:
                raise ValueError(f"{word} is not a network: the length of its prefix is missing, such as /32")
            ip_network(word)
        return text

    @field_validator("stages")
    @classmethod
    def check_stages(cls, text: str) -> str:
        """Each is a pair."""
        for word in filter(None, map(str.strip, text.split(","))):
            if not re.fullmatch(r"\w+ *= *[\w.-]+", word):
                raise ValueError(f"{word} does not say which stage it is for; e.g. extract=acme")
        return text

    @model_validator(mode="after")
    def check_order(self) -> "Settings":
        """Times that keep a row or a message from being worked on twice must be in this order."""
        for name in ("time_limit_s", "lease_s"):
            if not getattr(self, name) < self.visibility_timeout_s:
                raise ValueError(f"COPYDESK_{name.upper()} < COPYDESK_VISIBILITY_TIMEOUT_S must hold")
        if not self.fetch_deadline_s < self.host_lease_s:
            raise ValueError("COPYDESK_FETCH_DEADLINE_S < COPYDESK_HOST_LEASE_S must hold")
        return self

    @property
    def database(self) -> str:
        """The database's URL, the embedded one where none is set."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'copydesk.db'}"

    @property
    def chosen_stages(self) -> dict[str, str]:
        """The entry point by the stage that it replaces."""
        pairs = (word.partition("=") for word in self.stages.split(",") if word.strip())
        return {stage.strip(): name.strip() for stage, _, name in pairs}

    @property
    def broker(self) -> str:
        """The broker's URL, the embedded one where none is set."""
        from shared.paths import socket_path

        return self.broker_url or f"redis+socket://{socket_path(self.data_dir)}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Raises UsageError naming the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "COPYDESK_" + str(first["loc"][0]).upper() + ": " if first["loc"] else ""
        raise UsageError(f"{name}{first['msg'].removeprefix('Value error, ')}") from None
