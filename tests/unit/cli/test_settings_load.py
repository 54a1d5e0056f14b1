"""Settings come from the environment only, all or nothing, and no error repeats a value."""

import traceback
from collections.abc import Mapping

import pytest
from pydantic import BaseModel, ValidationError

from cli.config import effective
from cli.settings import Settings, load
from cli.variables import variables
from runtime.errors import ConfigError

SECRET = "s3cret-value"
SECTIONS: dict[str, type[BaseModel]] = {one.owner.__name__: one.owner for one in variables(Settings)}


def test_without_any_variable_the_defaults_are_in_force() -> None:
    settings = load({"PATH": "/bin", "SK2SIEM": "not one of ours"})

    assert settings.broker.url == "sqlite:///sk2siem.db"
    assert settings.ops.port == 9464
    assert settings.worker
    assert (settings.splunk, settings.elastic, settings.file) == (None, None, None)


def test_nested_names_reach_their_section_and_a_sink_is_there_once_it_is_set() -> None:
    settings = load(
        {
            "SK2SIEM_WORKER": "sk2siem-enricher-0",
            "SK2SIEM_BROKER__URL": "kafka://broker.example.com:9092",
            "SK2SIEM_OPS__PORT": "0",
            "SK2SIEM_PRODUCER__TIME_ZONE": "Europe/Berlin",
            "SK2SIEM_FILE__PATH": "verdicts",
        }
    )

    assert settings.worker == "sk2siem-enricher-0"
    assert settings.broker.url == "kafka://broker.example.com:9092"
    assert settings.ops.port == 0
    assert settings.producer.time_zone == "Europe/Berlin"
    assert settings.file is not None
    assert settings.file.path == "verdicts"


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        pytest.param("10.1.1.1, [::1]:5353", ("10.1.1.1", "[::1]:5353"), id="commas"),
        pytest.param("[::1]:5353", ("[::1]:5353",), id="a bracket that begins no JSON"),
        pytest.param('["10.1.1.1","[::1]:5353"]', ("10.1.1.1", "[::1]:5353"), id="JSON"),
    ],
)
def test_a_list_is_separated_by_commas_or_json(text: str, servers: tuple[str, ...]) -> None:
    assert load({"SK2SIEM_ENRICHER__DNS__SERVERS": text}).enricher.dns.servers == servers


def test_an_empty_variable_counts_as_not_set() -> None:
    settings = load({"SK2SIEM_OPS__PORT": "", "SK2SIEM_SPLUNK__TOKEN": "", "SK2SIEM_BOGUS": ""})

    assert settings.ops.port == 9464
    assert settings.splunk is None


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        pytest.param({"SK2SIEM_BROKR": "x"}, "SK2SIEM_BROKR: no such setting; did you mean ", id="unknown"),
        pytest.param(
            {"SK2SIEM_BROKER__ULR": "x"},
            "SK2SIEM_BROKER__ULR: no such setting; did you mean SK2SIEM_BROKER__URL?",
            id="misspelt-nested",
        ),
        pytest.param(
            {"SK2SIEM_BROKER_URL": "x"},
            "SK2SIEM_BROKER_URL: no such setting; did you mean SK2SIEM_BROKER__URL?",
            id="one-underscore",
        ),
        pytest.param(
            {"SK2SIEM_QQQQ__ZZZZ": "x"},
            "SK2SIEM_QQQQ__ZZZZ: no such setting; `sk2siem config` lists those that there are",
            id="nothing-like-it",
        ),
        pytest.param({"SK2SIEM_OPS__PORT": "many"}, "SK2SIEM_OPS__PORT: input should be a valid integer", id="type"),
        pytest.param({"SK2SIEM_OPS__PORT": "70000"}, "SK2SIEM_OPS__PORT: input should be less than", id="range"),
        pytest.param({"SK2SIEM_LOG__LEVEL": "loud"}, "SK2SIEM_LOG__LEVEL: input should be 'debug'", id="choice"),
        pytest.param(
            {"SK2SIEM_PRODUCER__SYSTEM": "lower"},
            "SK2SIEM_PRODUCER__SYSTEM: 1 to 8 upper-case letters, digits or",
            id="system-name",
        ),
        pytest.param(
            {"SK2SIEM_PRODUCER__TIME_ZONE": "Mars/Base"},
            "SK2SIEM_PRODUCER__TIME_ZONE: an IANA time zone expected",
            id="time-zone",
        ),
        pytest.param(
            {"SK2SIEM_ENRICHER__DNS__SERVERS": '["10.1.1.1",'},
            "SK2SIEM_ENRICHER__DNS__SERVERS: input should be a valid tuple",
            id="half-a-list",
        ),
        pytest.param(
            {"SK2SIEM_BROKER__URL": "sqlite://"},
            "SK2SIEM_BROKER__URL: kafka://host:port,host:port or sqlite:///file expected",
            id="a-value-that-is-among-our-own-words",
        ),
        pytest.param(
            {"SK2SIEM_WORKER": "digits, dots"},
            "SK2SIEM_WORKER: up to 200 letters, digits, dots, underscores and hyphens expected",
            id="words-of-a-form",
        ),
        pytest.param({"SK2SIEM_SYSLOG__URL": "tcp"}, "SK2SIEM_SYSLOG__URL: write tls://host:port, or tcp://", id="tcp"),
        pytest.param(
            {"SK2SIEM_SPLUNK__URL": "http", "SK2SIEM_SPLUNK__TOKEN": SECRET},
            "SK2SIEM_SPLUNK__URL: write each as http(s)://host:port",
            id="http",
        ),
        pytest.param({"SK2SIEM_SPLUNK__TOKEN": SECRET}, "SK2SIEM_SPLUNK__URL: must be set", id="half-a-sink"),
        pytest.param(
            {"SK2SIEM_FILE__PATH": "-", "SK2SIEM_FILE__FORWARD__REASONS": "gap,cleartext"},
            "SK2SIEM_FILE__FORWARD__REASONS: word 2 is no reason: did you mean cleartext-port? They are exception, ",
            id="a-reason-cut-short",
        ),
        pytest.param(
            {"SK2SIEM_FILE__PATH": "-", "SK2SIEM_FILE__FORWARD__REASONS": "zzzz"},
            "SK2SIEM_FILE__FORWARD__REASONS: word 1 is no reason: they are exception, canary, local, tunnel, weak-",
            id="a-reason-that-is-none",
        ),
        pytest.param(
            {"SK2SIEM_FILE__PATH": "-", "SK2SIEM_FILE__FORWARD__VERDICTS": "bad"},
            "SK2SIEM_FILE__FORWARD__VERDICTS: input should be 'secure', ",
            id="a-verdict-that-is-none",
        ),
        pytest.param(
            {"SK2SIEM_BROKER__SASL_MECHANISM": "PLAIN"},
            "SK2SIEM_BROKER__*: SK2SIEM_BROKER__USERNAME and SK2SIEM_BROKER__PASSWORD must be set as well",
            id="half-a-login",
        ),
        pytest.param(
            {"SK2SIEM_BROKER__CA_FILE": "ca.pem"}, "SK2SIEM_BROKER__*: certificates are used with", id="tls-not-on"
        ),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_its_variable(environ: Mapping[str, str], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ)

    assert str(caught.value).startswith(line)
    assert len(str(caught.value).splitlines()) == 1


def test_all_problems_are_told_at_once() -> None:
    environ = {"SK2SIEM_OPS__PORT": "many", "SK2SIEM_LOG__LEVEL": "loud", "SK2SIEM_NONSENSE__X": "1"}

    with pytest.raises(ConfigError) as caught:
        load(environ)

    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == sorted(environ)


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({"SK2SIEM_SPLUNK__TOKEN": SECRET, "SK2SIEM_SPLUNK__URL": f"ftp://me:{SECRET}@x"}, id="in-a-url"),
        pytest.param({"SK2SIEM_BROKER__URL": f"kafka://me:{SECRET}@x"}, id="in-the-url-of-the-broker"),
        pytest.param({"SK2SIEM_OPS__PORT": SECRET}, id="in-a-number"),
        pytest.param({"SK2SIEM_LOG__LEVEL": SECRET}, id="in-a-choice"),
        pytest.param({"SK2SIEM_PRODUCER__TIME_ZONE": SECRET}, id="in-a-checked-text"),
        pytest.param({"SK2SIEM_SIMULATOR__START": SECRET}, id="in-a-time"),
        pytest.param({"SK2SIEM_FILE__PATH": "-", "SK2SIEM_FILE__FORWARD__REASONS": SECRET}, id="in-a-list"),
        pytest.param({"SK2SIEM_PASSWORD": SECRET}, id="in-an-unknown-name"),
    ],
)
def test_no_error_repeats_a_value(environ: Mapping[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ)

    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_effective_settings_hide_secrets_and_say_where_each_value_comes_from() -> None:
    environ = {
        "SK2SIEM_BROKER__TOKEN_ENDPOINT": f"https://me:{SECRET}@login.example.com/token",
        "SK2SIEM_IBMI__PASSWORD": SECRET,
        "SK2SIEM_IBMI__CONNECTION_STRING": f"DSN=X;PWD={SECRET}",
        "SK2SIEM_SPLUNK__URL": "https://splunk.example.com:8088",
        "SK2SIEM_SPLUNK__TOKEN": SECRET,
    }

    lines = list(effective(load(environ), environ))

    shown = {line.split()[0]: line.split(maxsplit=2)[1:] for line in lines}
    assert SECRET not in "\n".join(lines)
    assert shown["SK2SIEM_SPLUNK__TOKEN"] == ["environment", "******"]
    assert shown["SK2SIEM_IBMI__PASSWORD"] == ["environment", "******"]
    assert shown["SK2SIEM_BROKER__TOKEN_ENDPOINT"] == ["environment", "https://******@login.example.com/token"]
    assert shown["SK2SIEM_BROKER__PASSWORD"] == ["default", "(not set)"]
    assert shown["SK2SIEM_OPS__PORT"] == ["default", "9464"]
    assert shown["SK2SIEM_ELASTIC__*"][0] == "not"


def test_settings_cannot_be_changed_once_they_are_loaded() -> None:
    settings = load({})

    with pytest.raises(ValidationError, match="frozen"):
        settings.broker.url = "kafka://elsewhere:9092"


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_section_is_frozen_closed_and_keeps_values_out_of_errors(name: str) -> None:
    config = SECTIONS[name].model_config

    assert config.get("frozen")
    assert config.get("extra") == "forbid"
    assert config.get("hide_input_in_errors")


def test_every_setting_says_what_it_is_for() -> None:
    silent = [variable.name for variable in variables(Settings) if not variable.field.description]

    assert silent == []
