"""The page: head, the sections in their order, and a policy that lets nothing run or load but what stands in it."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files

from cli.report.findings import Findings
from cli.report.page import sections
from cli.report.page.coverage import coverage
from cli.report.page.markup import Markup, element, join, text
from cli.report.words import selection_text, span_text, time_text

FOLDER = "cli.report.page"
TITLES = {
    "summary": "Summary",
    "time": "Over time",
    "accepted": "Accepted connections",
    "not-secure": "Not secure",
    "recurring": "What recurs",
    "coverage": "Coverage",
    "reading": "How to read this",
}


def document(findings: Findings, release: str) -> str:
    """A whole HTML file."""
    style, script = (files(FOLDER).joinpath(name).read_text() for name in ("page.css", "page.js"))
    title = _title(findings)
    body = join(
        [
            element("a", "Skip to the numbers", class_="skip", href="#numbers"),
            element("header", element("h1", title), _facts(findings, release), role="banner"),
            _contents(),
            element("main", *_sections(findings), id="numbers"),
            element("footer", f"sk2siem {release}, {time_text(findings.made_at)} UTC, from {findings.source}"),
        ]
    )
    return (
        "<!doctype html>\n"
        f'<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{body.html}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _title(findings: Findings) -> str:
    of = ", ".join(findings.systems) or "no system"
    services = ", ".join(sorted(findings.selection.services))
    return f"Which connections of {of} are encrypted" + (f": {services}" if services else "")


def _facts(findings: Findings, release: str) -> Markup:
    policies = ", ".join(f"{policy} (mode {mode})" for policy, mode in sorted(findings.policies)) or "none"
    facts = {
        "Seen": span_text(findings),
        "Asked for": selection_text(findings) or "everything",
        "Source": findings.source,
        "Policy": policies,
        "Made": f"{time_text(findings.made_at)} UTC by sk2siem {release}",
    }
    pairs: Iterable[Markup] = (
        part for name, words in facts.items() for part in (element("dt", name), element("dd", words))
    )
    return element("dl", *pairs, class_="facts")


def _sections(findings: Findings) -> Iterable[Markup]:
    made = {
        "summary": sections.summary(findings),
        "time": sections.over_time(findings),
        "accepted": sections.accepted(findings),
        "not-secure": sections.not_secure(findings),
        "recurring": sections.recurring(findings),
        "coverage": coverage(findings),
        "reading": sections.reading(),
    }
    for anchor, title in TITLES.items():
        heading = element("h2", title, id=f"{anchor}-heading")
        yield element("section", heading, made[anchor], id=anchor, aria_labelledby=f"{anchor}-heading")


def _contents() -> Markup:
    links = (element("li", element("a", title, href=f"#{anchor}")) for anchor, title in TITLES.items())
    return element("nav", element("ul", *links), aria_label="Sections")


def _policy(style: str, script: str) -> str:
    """Were a name ever to become markup, it could still neither run nor ask anybody for anything."""
    ours = f"style-src 'sha256-{_hash(style)}'; script-src 'sha256-{_hash(script)}'"
    return f"default-src 'none'; {ours}; base-uri 'none'; form-action 'none'"


def _hash(content: str) -> str:
    return b64encode(sha256(content.encode()).digest()).decode()
