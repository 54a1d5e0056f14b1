"""The settings of the enricher: which policy it judges by, and how it learns names."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from runtime.settings import SECTION


def _name_server(text: str) -> str:
    """`10.1.1.1`, `10.1.1.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    try:
        return str(ip_address(text))
    except ValueError:
        """It has a port."""
    try:
        parts = urlsplit(f"//{text}")
        ip = ip_address(parts.hostname or "")
        is_whole = parts.port and parts.netloc == text and "@" not in text
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError("write the address of each name server, with or without a port: 10.1.1.1 or 10.1.1.1:5353")
    return f"[{ip}]:{parts.port}" if ip.version == 6 else text


NameServer = Annotated[str, AfterValidator(_name_server)]


class DnsSettings(BaseModel):
    """Reverse DNS: names of addresses, beside every verdict. It never decides one."""

    model_config = SECTION

    enabled: bool = Field(default=True, description="Look up the names of addresses")
    servers: tuple[NameServer, ...] = Field(
        default=(), description="Name servers for public addresses, `address` or `address:port` (not set: the system's)"
    )
    private_servers: tuple[NameServer, ...] = Field(
        default=(), description="Name servers for addresses that are not public (not set: the system's)"
    )
    private: bool = Field(default=True, description="Look up addresses that are not public too")
    confirm: bool = Field(default=True, description="Look up the address of each name, to tell whether it is true")
    deadline_ms: int = Field(
        default=250, ge=1, le=5000, description="How long a batch waits for its names at most; later ones are cached"
    )
    lookup_seconds: float = Field(
        default=10.0, gt=0, le=60, description="Seconds after which a question to a name server is given up"
    )
    concurrency: int = Field(default=200, ge=1, le=10_000, description="Most lookups at the same time")
    cache_size: int = Field(
        default=50_000, ge=1000, le=10_000_000, description="Most names that are kept, and as many addresses without"
    )
    shortest_ttl: int = Field(default=60, ge=1, description="Seconds for which a name is kept at least")
    longest_ttl: int = Field(default=86_400, ge=1, description="Seconds for which a name is kept at most")
    negative_ttl: int = Field(
        default=300, ge=1, le=10_800, description="Seconds for which it is kept that an address has no name"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.shortest_ttl > self.longest_ttl:
            raise ValueError("SHORTEST_TTL must not be above LONGEST_TTL")
        return self


class EnricherSettings(BaseModel):
    """Files are read once, at the start."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    policy: Path = Field(
        default=Path("default"), description="Policy file (TOML), or the name of one that ships: `default` or `ports`"
    )
    ports: Path | None = Field(
        default=None, description="Port catalogue of this site (TOML), merged over the one that ships."
    )
    memory_limit: int = Field(
        default=500_000,
        ge=1000,
        description="Connections in memory (about 700 bytes each) past which the enricher halts",
    )
    dns: DnsSettings = Field(default_factory=DnsSettings)
