"""Each answer that HEC can give, and what the sink makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dev.hec import ACK_TOKEN


@dataclass(frozen=True)
class Row:
    """A fault, how its answers are counted, and what the log says. `copies`: an event may be indexed twice.

    `settings` of the sink are changed; `over_tls` the connections are that break.
    """

    fault: dict[str, object]
    code: str
    says: str
    dead: str | None = None
    copies: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)
    over_tls: bool = False


ALONE = {"requests_in_parallel": 1}
OVER_ONE_MIB = {"batch_events": 1_000, "batch_bytes": 5_242_880, "index": "of-all-connections-to-ibm-i-in-this-house"}
ACKNOWLEDGED = {"token": ACK_TOKEN, "acknowledgement": True}
HELD = {
    1: ("403", "enable the token"),
    2: ("401", "SK2SIEM_SPLUNK__TOKEN"),
    3: ("401", "SK2SIEM_SPLUNK__TOKEN"),
    4: ("403", "SK2SIEM_SPLUNK__TOKEN"),
    8: ("500", "Internal server error"),
    9: ("503", "Server is busy"),
    10: ("400", "indexer acknowledgement"),
    11: ("400", "indexer acknowledgement"),
    14: ("400", "ACK is disabled"),
    16: ("400", "Query string authorization"),
    18: ("503", "queues are full"),
    19: ("503", "acknowledgement service unavailable"),
    20: ("503", "queues full"),
    21: ("400", "SK2SIEM_SPLUNK__TOKEN"),
    22: ("400", "enable the token"),
    23: ("503", "shutting down"),
    26: ("429", "queue is at capacity"),
    27: ("429", "acknowledgement channel is at capacity"),
    28: ("400", "indexer acknowledgement"),
}
ROWS = {
    **{f"code {code}": Row({"code": code, "times": 3}, counted, says) for code, (counted, says) in HELD.items()},
    **{
        f"code {code} with the number of an event": Row(
            {"code": code, "number": 17, "takes": 17}, "400", f"code {code}", dead=f"hec-{code}"
        )
        for code in (6, 12, 13, 15)
    },
    "code 5 without a number": Row({"code": 5, "times": 9}, "400", "code 5", dead="hec-5", settings=ALONE),
    "code 6 of a compressed body that arrives broken": Row({"code": 6, "times": 1}, "400", ""),
    "code 6 and number 0 of a body that is too large as a whole": Row(
        {"code": 6, "number": 0}, "400", "", settings=OVER_ONE_MIB
    ),
    "code 6 and number 0 of a body that is not": Row({"code": 6, "number": 0}, "400", "code 6", dead="hec-6"),
    "code 6 with acknowledgement": Row(
        {"code": 6, "number": 17, "takes": 17}, "400", "code 6", dead="hec-6", settings=ACKNOWLEDGED
    ),
    "code 7 counts from 1": Row({"code": 7, "number": 4, "takes": 3}, "400", "SK2SIEM_SPLUNK__INDEX"),
    "code 7 for everything": Row({"code": 7, "number": 1, "times": 3}, "400", "SK2SIEM_SPLUNK__INDEX"),
    "code 9 with a number may have taken the prefix": Row(
        {"code": 9, "number": 40, "takes": 40}, "503", "Server is busy", copies=True
    ),
    "code 17 is of the health endpoint": Row({"code": 17, "times": 2}, "200", "SK2SIEM_SPLUNK__URL"),
    "code 24": Row({"code": 24}, "200", "nearly full"),
    "code 25": Row({"code": 25}, "200", "nearly full"),
    "an unknown code": Row({"code": 99, "status": 400, "times": 2}, "400", "not known"),
    "408": Row({"status": 408, "times": 2}, "408", "408"),
    "429 with Retry-After": Row({"status": 429, "retry_after": 3, "times": 2}, "429", "429"),
    "503 with Retry-After": Row({"status": 503, "retry_after": 3, "times": 2}, "503", "503"),
    "404": Row({"status": 404, "times": 2}, "404", "SK2SIEM_SPLUNK__URL"),
    "405": Row({"status": 405, "times": 2}, "405", "SK2SIEM_SPLUNK__URL"),
    "415": Row({"html": 415, "times": 2}, "415", "SK2SIEM_SPLUNK__GZIP"),
    "400 with a page": Row({"html": 400, "times": 2}, "400", "is a proxy in the way?"),
    "413 for a whole request": Row({"status": 413}, "413", ""),
    "413 for one event": Row({"status": 413, "times": 9}, "413", "413", dead="too-large", settings=ALONE),
    "500 without a body": Row({"status": 500, "times": 2}, "500", "500"),
    "200 with a page": Row({"html": 200, "times": 2}, "200", "is a proxy in the way?"),
    "502 with a page": Row({"html": 502, "times": 2}, "502", "is a proxy in the way?"),
    "a torn connection": Row({"reset": True, "times": 2}, "none", "broke the connection off"),
    "a torn connection after events were taken": Row(
        {"reset": True, "takes": 30}, "none", "broke the connection off", copies=True
    ),
    "a torn connection of TLS": Row({"reset": True, "times": 2}, "none", "broke the connection off", over_tls=True),
    "a torn connection of TLS after events were taken": Row(
        {"reset": True, "takes": 30}, "none", "broke the connection off", copies=True, over_tls=True
    ),
    "no answer in time": Row(
        {"delay_seconds": 2.5}, "none", "did not answer in time", copies=True, settings={"timeout_seconds": 2}
    ),
}
