"""Compiling the launcher and the HTTP module, again only when their sources or the server's version change."""

import hashlib
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from dev import fetch
from dev.java import Java
from dev.part import Failed

_HERE = Path(__file__).parent
_SOURCES = _HERE / "src"
_JAVA_RELEASE = "21"

_DESCRIPTOR = """\
name=front-door
description=HTTP for a server without its HTTP module
version=1
elasticsearch.version={version}
java.version=21
classname=sk2siem.http.FrontDoor
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What the server is started from."""

    java: Path
    jars: Path
    classes: Path
    module: Path


def build(jars: Path, java: Java) -> Built:
    """The compiled launcher and module beside the server's jars. Raises Failed when they do not compile."""
    folder = jars / f"built-{_digest()}"
    with fetch.only_one("elasticsearch-build"):
        if not folder.exists():
            unfinished = jars / "building"
            shutil.rmtree(unfinished, ignore_errors=True)
            _compile(java, jars, "launcher", unfinished / "launcher")
            _compile(java, jars, "http", unfinished / "http")
            _pack_module(unfinished / "http", jars, unfinished / "front-door")
            unfinished.rename(folder)
    return Built(java.java, jars, folder / "launcher", folder / "front-door")


def _digest() -> str:
    files = [_HERE / "pom.xml", Path(__file__), *sorted(_SOURCES.rglob("*.java"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _compile(java: Java, jars: Path, part: str, target: Path) -> None:
    target.mkdir(parents=True)
    command = [
        *_compiler(java),
        "-nowarn",
        "-cp",
        os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar"))),
        "-d",
        str(target),
        *(str(source) for source in sorted((_SOURCES / part).glob("*.java"))),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{_SOURCES / part} does not compile with {command[0]}:\n{done.stdout}{done.stderr}")


def _compiler(java: Java) -> list[str]:
    if java.javac:
        return [str(java.javac), "--release", _JAVA_RELEASE]
    # a run-time alone has no compiler; Eclipse's is a jar that runs on it
    ecj = fetch.jars("ecj", _HERE / "ecj.xml")
    main = "org.eclipse.jdt.internal.compiler.batch.Main"
    return [str(java.java), "-cp", f"{ecj}/*", main, "-source", _JAVA_RELEASE, "-target", _JAVA_RELEASE]


def _pack_module(classes: Path, jars: Path, module: Path) -> None:
    module.mkdir()
    with zipfile.ZipFile(module / "front-door.jar", "w") as jar:
        for file in sorted(classes.rglob("*.class")):
            jar.write(file, file.relative_to(classes))
        jar.writestr(
            "META-INF/services/org.elasticsearch.features.FeatureSpecification", "sk2siem.http.FailureStoreFeature\n"
        )
    (module / "plugin-descriptor.properties").write_text(_DESCRIPTOR.format(version=_server_version(jars)))


def _server_version(jars: Path) -> str:
    (server,) = jars.glob("elasticsearch-[0-9]*.jar")
    return server.stem.removeprefix("elasticsearch-")
