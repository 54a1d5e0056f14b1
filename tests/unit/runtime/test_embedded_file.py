"""The file under the embedded broker: where it may not live, and what is said when it cannot go on."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from runtime.embedded import EmbeddedBroker
from runtime.embedded.file import open_file, refuse_network_file_system
from runtime.embedded.publisher import EmbeddedPublisher
from runtime.errors import ConfigError, Unavailable
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.shutdown import Shutdown
from schemas.topics import Topic

TOPIC = "numbers"
PAGES = 100
MOUNTS = r"""/dev/vda / ext4 rw 0 0
filer:/export /mnt/share nfs4 rw 0 0
//nas/data /mnt/nas cifs rw 0 0
host /mnt/shared\040folder 9p rw 0 0
/dev/vdb /mnt/share/local xfs rw 0 0
filer:/old /mnt/replaced nfs rw 0 0
/dev/vdc /mnt/replaced ext4 rw 0 0
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mounts"
    path.write_text(MOUNTS)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broker.db"


@pytest.fixture
def broker(path: Path) -> EmbeddedBroker:
    broker = EmbeddedBroker(path, metrics=Metrics("test"), shutdown=Shutdown())
    broker.ensure([Topic(TOPIC, 1, 7)])
    return broker


def _records(*values: bytes) -> list[Record]:
    return [Record(TOPIC, b"key", value, "number") for value in values]


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        pytest.param("/mnt/share/broker.db", "nfs4", id="NFS"),
        pytest.param("/mnt/share/deep/down/broker.db", "nfs4", id="a folder below"),
        pytest.param("/mnt/nas/broker.db", "cifs", id="SMB"),
        pytest.param("/mnt/shared folder/broker.db", "9p", id="a name with a space"),
    ],
)
def test_a_network_file_system_is_refused_by_name(file: str, kind: str, mounts: Path) -> None:
    with pytest.raises(ConfigError, match=rf"^SK2SIEM_BROKER__URL: {file} .*\({kind}\); use a local disk, or Kafka$"):
        refuse_network_file_system(Path(file), mounts)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("/srv/broker.db", id="the root's"),
        pytest.param("/mnt/share/local/broker.db", id="a local disk mounted below a network one"),
        pytest.param("/mnt/shares/broker.db", id="a name that only begins alike"),
        pytest.param("/mnt/replaced/broker.db", id="a local disk mounted over a network one"),
    ],
)
def test_a_local_file_system_is_taken(file: str, mounts: Path) -> None:
    refuse_network_file_system(Path(file), mounts)


def test_a_file_that_is_elsewhere_than_its_name_is_looked_at_where_it_is(mounts: Path, tmp_path: Path) -> None:
    (tmp_path / "broker.db").symlink_to("/mnt/nas/broker.db")

    with pytest.raises(ConfigError, match="cifs"):
        refuse_network_file_system(tmp_path / "broker.db", mounts)


def test_a_machine_that_does_not_tell_its_mounts_is_trusted(tmp_path: Path) -> None:
    refuse_network_file_system(Path("/mnt/share/broker.db"), tmp_path / "no mounts here")


def test_a_missing_file_says_how_to_make_it(path: Path) -> None:
    with pytest.raises(Unavailable, match=rf"{path} does not exist yet; run `sk2siem init`"):
        open_file(path, create=False)
    assert not path.exists()


def test_a_missing_folder_is_unavailable_and_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "broker.db"

    with pytest.raises(Unavailable, match=rf"{path} .*the folder {path.parent} is missing"):
        open_file(path, create=True)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"{tmp_path} is a folder"):
        open_file(tmp_path, create=True)


@pytest.mark.parametrize("create", [True, False], ids=["make it", "look at it"])
@pytest.mark.parametrize("table", ["orders", "topics", "groups"])
def test_a_database_of_another_application_is_refused_and_left_as_it_is(path: Path, table: str, create: bool) -> None:
    with sqlite3.connect(path) as other:
        other.execute(f"CREATE TABLE {table}(id INTEGER, name TEXT)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(ConfigError, match=rf"^SK2SIEM_BROKER__URL: {path} is not an embedded broker of sk2siem"):
        open_file(path, create=create)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_file_becomes_a_broker(path: Path) -> None:
    path.touch()

    open_file(path, create=True).close()

    open_file(path, create=False).close()


def test_a_file_that_is_something_else_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("a letter to the editor\n" * 100)
    before = path.read_bytes()

    with pytest.raises(ConfigError, match=rf"^SK2SIEM_BROKER__URL: {path} is not an embedded broker"):
        open_file(path, create=True)
    assert path.read_bytes() == before


def test_a_file_that_is_locked_by_another_program_is_unavailable(broker: EmbeddedBroker, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection = open_file(path, create=False)
    connection.execute("PRAGMA busy_timeout=0")

    with pytest.raises(Unavailable, match="locked"):
        EmbeddedPublisher(connection, path, "publisher").claim()
    other.close()
    connection.close()


def test_a_full_disk_is_unavailable_and_loses_and_tears_nothing(broker: EmbeddedBroker, path: Path) -> None:
    connection = open_file(path, create=False)
    connection.execute(f"PRAGMA max_page_count={PAGES}")
    publisher = EmbeddedPublisher(connection, path, "publisher")
    publisher.claim()
    values = [b"x" * 20_000, b"y" * 20_000]

    published, words = _publish_until_it_fails(publisher, _records(*values))
    stored_when_full = [record.value for record in broker.read(TOPIC)]
    connection.execute(f"PRAGMA max_page_count={PAGES * 10}")
    publisher.publish(_records(*values))
    publisher.close()

    assert "is the disk full? free some space, nothing was lost" in words
    assert published > 0
    assert stored_when_full == values * published
    assert [record.value for record in broker.read(TOPIC)] == values * (published + 1)


def test_headers_of_any_bytes_come_back(broker: EmbeddedBroker) -> None:
    headers = (("text", "ä".encode()), ("bytes", bytes(range(256))), ("empty", b""), ("text", b"a second one"))
    publisher = broker.publisher("publisher")
    publisher.claim()

    publisher.publish([Record(TOPIC, b"key", b"value", "number", 0, headers)])
    publisher.close()

    (found,) = broker.read(TOPIC)
    assert found.headers == headers


def test_a_topic_name_cannot_leave_its_quotes(broker: EmbeddedBroker) -> None:
    with pytest.raises(ConfigError):
        list(broker.read('numbers" UNION SELECT name, 1, 1, 1, 1, 1 FROM topics --'))


def _publish_until_it_fails(publisher: EmbeddedPublisher, records: Sequence[Record]) -> tuple[int, str]:
    """How often it went well, and the words of the failure."""
    for published in range(PAGES):
        try:
            publisher.publish(records)
        except Unavailable as error:
            return published, str(error)
    raise AssertionError("the disk never filled up")
