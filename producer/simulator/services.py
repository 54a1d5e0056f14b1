"""The servers of the partition: their ports in clear text and over TLS, and the jobs that write the entries."""

from dataclasses import dataclass
from typing import NamedTuple


class Heading(NamedTuple):
    """What the heading of a journal entry says of who wrote it."""

    job_name: str | None
    job_user: str | None
    job_number: str | None
    user: str | None
    program: str | None
    program_library: str | None


def job(name: str, user: str, number: int, program: str) -> Heading:
    return Heading(name, user, f"{number:06d}", user, program, "QSYS")


def task(name: str) -> Heading:
    """A task of the licensed internal code: no job number, no user, no program."""
    return Heading(name, None, None, "*NONE", None, None)


@dataclass(frozen=True, slots=True)
class Service:
    """A server: `listener` writes the accept, `worker` does the TLS handshake."""

    name: str
    port: int
    tls_port: int | None
    listener: Heading
    worker: Heading


TELNET = Service("telnet", 23, 992, task("TELNETTASK"), job("QTVDEVICE", "QTCP", 220_114, "QTVSERVER"))
PORT_MAPPER = Service("port-mapper", 449, None, job("QZSOSMAPD", "QUSER", 220_021, "QZSOSMAPD"), task("SOSMAPTASK"))
CENTRAL = Service("central", 8470, 9470, job("QZSCSRVSD", "QUSER", 220_022, "QZSCSRVSD"), task("SCSRVTASK"))
DATABASE = Service(
    "database",
    8471,
    9471,
    job("QZDASRVSD", "QUSER", 220_023, "QZDASRVSD"),
    job("QZDASSINIT", "QUSER", 231_907, "QZDASSINIT"),
)
DATA_QUEUE = Service("data-queue", 8472, 9472, job("QZHQSRVD", "QUSER", 220_024, "QZHQSRVD"), task("HQSRVTASK"))
FILE = Service("file", 8473, 9473, job("QPWFSERVSD", "QUSER", 220_025, "QPWFSERVSD"), task("PWFSERVTSK"))
PRINT = Service("print", 8474, 9474, job("QNPSERVD", "QUSER", 220_026, "QNPSERVD"), task("NPSERVTASK"))
COMMAND = Service(
    "remote-command",
    8475,
    9475,
    job("QZRCSRVSD", "QUSER", 220_027, "QZRCSRVSD"),
    job("QZRCSRVS", "QUSER", 232_004, "QZRCSRVS"),
)
SIGNON = Service(
    "signon", 8476, 9476, job("QZSOSGND", "QUSER", 220_028, "QZSOSGND"), job("QZSOSIGN", "QUSER", 232_311, "QZSOSIGN")
)
DDM = Service(
    "ddm", 446, 448, job("QRWTLSTN", "QUSER", 220_031, "QRWTLSTN"), job("QRWTSRVR", "QUSER", 233_012, "QRWTSRVR")
)
FTP = Service(
    "ftp", 21, None, job("QTFTP00088", "QTCP", 220_041, "QTMFSRVR"), job("QTFTP01245", "QTCP", 234_417, "QTMFSRVR")
)
SSH = Service("ssh", 22, None, job("SSHD", "QSECOFR", 220_051, "QP0ZSPWT"), task("SSHTASK"))
ADMIN = Service(
    "admin", 2001, 2010, job("ADMIN", "QTMHHTTP", 220_061, "QZSRHTTP"), job("ADMIN", "QTMHHTTP", 220_062, "QZSRHTTP")
)
OFFICE_SERVERS = (CENTRAL, DATABASE, DATA_QUEUE, FILE, PRINT, COMMAND)
ALL_SERVICES = (TELNET, PORT_MAPPER, SIGNON, *OFFICE_SERVERS, DDM, FTP, SSH, ADMIN)

LDAP_CLIENT = job("QGLDPUBE", "QDIRSRV", 235_001, "QGLDPUBE")
MAIL_CLIENT = job("QTSMTPCLTP", "QTCP", 235_002, "QTMSCLCP")
DATABASE_CLIENT = job("NIGHTSYNC", "BATCH", 235_003, "SYNCPGM")
MAIL_SERVER = job("QTSMTPSRVP", "QTCP", 235_004, "QTMSSRCP")
DHCP_SERVER = job("QTODDJDHCP", "QTCP", 235_005, "QTODDSVR")
SNMP_AGENT = job("QTMSNMP", "QTCP", 235_006, "QTOSMAIN")
TIME_CLIENT = job("QTOTNTP", "QTCP", 235_007, "QTOTNTPC")
SECURITY_OFFICER = job("QPADEV0007", "QSECOFR", 236_100, "QCMD")
STACK = task("TCPIPTASK")
