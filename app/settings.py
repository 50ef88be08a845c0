"""How the server runs. Read from the environment, prefix ARCHRANK_."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from catalog.settings import CatalogSettings

# A name of a host, or all below a domain.
_HOSTS = r"^\s*((\*\.)?[A-Za-z0-9_.:\[\]-]+\s*(,\s*(\*\.)?[A-Za-z0-9_.:\[\]-]+\s*)*)?$"
_ADDRESSES = r"^\s*(\*|[0-9A-Fa-f.:/]+(\s*,\s*[0-9A-Fa-f.:/]+)*)?\s*$"
_ORIGINS = r"^\s*(https?://[^\s,/]+(\s*,\s*https?://[^\s,/]+)*)?\s*$"
_SECONDS = "a number of seconds above 0, and at most 86400"
IN_THIS_PROCESS = "memory://"
"""The storage of rates that each worker has for itself."""
_RATE = "off, or a number of requests in a time as 600/minute"

Seconds = Annotated[float, Field(gt=0, le=86_400, description=_SECONDS)]
Rate = Annotated[str, Field(pattern=r"^(off|[1-9][0-9]{0,8}/(second|minute|hour|day))$", description=_RATE)]


class Reads(StrEnum):
    """Who may ask."""

    OPEN = "open"
    KEYED = "keyed"


class LogForm(StrEnum):
    """How each request is logged."""

    OFF = "off"
    TEXT = "text"
    JSON = "json"


class ServerSettings(CatalogSettings):
    """One variable for each field: `ARCHRANK_HOST`, `ARCHRANK_PORT` and so on. docs/commands.md explains
    each."""

    host: str = Field(default="127.0.0.1", description="an address or a name of this machine")
    port: int = Field(default=8000, ge=1, le=65535, description="a whole number from 1 to 65535")
    workers: int = Field(default=1, ge=1, le=256, description="a whole number from 1 to 256")
    root_path: str = Field(
        default="",
        pattern=r"^(/[A-Za-z0-9_.~-]+)*$",
        description="a path without an end slash, as /archrank, under which a proxy shows the server",
    )
    trusted_hosts: str = Field(
        default="", pattern=_HOSTS, description="names with commas between, as a.example.com,*.b.example.com"
    )
    trusted_proxies: str = Field(
        default="", pattern=_ADDRESSES, description="IP addresses or networks with commas between, or *"
    )
    cors_origins: str = Field(
        default="", pattern=_ORIGINS, description="origins with commas between, as https://a.example.com"
    )

    reads: Reads = Field(default=Reads.OPEN, description="open or keyed")
    rate_limit: Rate = "off"
    ingest_rate_limit: Rate = "120/minute"
    rate_storage: str = Field(
        default=IN_THIS_PROCESS,
        pattern=r"^[a-z+]+://",
        description="an address of a storage of the library limits",
    )

    max_body_bytes: int = Field(default=1 << 20, ge=1, description="a whole number of at least 1")
    max_ingest_bytes: int = Field(default=32 << 20, ge=1, description="a whole number of at least 1")
    max_connections: int = Field(
        default=1000, ge=1, le=1_000_000, description="a whole number from 1 to 1000000"
    )
    max_address_connections: int = Field(
        default=250, ge=1, le=1_000_000, description="a whole number from 1 to 1000000"
    )
    header_timeout_s: Seconds = 10
    body_timeout_s: Seconds = 60
    request_timeout_s: Seconds = 60
    keep_alive_s: Seconds = 5
    shutdown_grace_s: Seconds = 10
    snapshot_every_s: float = Field(
        default=300, ge=0, le=86_400, description="a number of seconds from 0 to 86400, where 0 is never"
    )

    log: LogForm = Field(default=LogForm.TEXT, description="off, text or json")

    def hosts(self) -> tuple[str, ...]:
        """The trusted hosts. None: every host is."""
        return _parts(self.trusted_hosts.lower())

    def origins(self) -> tuple[str, ...]:
        """The origins whose pages may read answers."""
        return _parts(self.cors_origins)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
