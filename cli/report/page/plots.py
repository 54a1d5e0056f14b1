"""Plots as inline SVG, drawn from attributes and classes alone: one style sheet colours them for every medium."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cli.report.coverage import WATCHED_LEVELS, Span
from cli.report.page.markup import Markup, element, text
from cli.report.words import KINDS, time_text
from schemas.records import VerdictKind

WIDTH, HEIGHT = 1040, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 12, 28
SHARE_WIDTH, SHARE_HEIGHT = 120, 12
STRIP = 9
MOST_LABELS = 12
STEPS = (1, 2, 5)
CLOCK = 24
STATES = {"unsaid": "not known", "in-force": "in force", "lapsed": "not in force"}


def days_plot(days: Sequence[tuple[str, Mapping[VerdictKind, int]]]) -> Markup:
    """Connections by day, the verdicts of each stacked; what is not secure stands at the bottom."""
    if not days:
        return Markup("")
    top = _ceiling(max(sum(counts.values()) for _, counts in days))
    inner, step = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT - RIGHT) / len(days)
    parts = [_grid(top, inner)]
    every = -(-len(days) // MOST_LABELS)
    for place, (day, counts) in enumerate(days):
        x, y = LEFT + place * step, float(HEIGHT - BOTTOM)
        bars = []
        for kind in KINDS:
            height = inner * counts.get(kind, 0) / top
            y -= height
            if height:
                bars.append(_rect(x + step * 0.1, y, max(step * 0.8, 0.8), height, kind))
        parts.append(f"<g><title>{text(_said(day, counts))}</title>{''.join(bars)}</g>")
        if place % every == 0:
            parts.append(_label(x + step / 2, HEIGHT - 8, day, "middle"))
    return _svg(WIDTH, HEIGHT, "Connections by day and verdict", "".join(parts))


def hours_plot(hours: Mapping[int, Mapping[VerdictKind, int]]) -> Markup:
    """What is not secure by hour of the day: office hours and nights look different."""
    named = [(f"{hour:02d}:00", hours.get(hour, {})) for hour in range(CLOCK)]
    return days_plot(named)


def share_bar(counts: Mapping[VerdictKind, int]) -> Markup:
    """The shares of the verdicts in one cell of a table."""
    whole, x, parts = sum(counts.values()), 0.0, []
    for kind in KINDS:
        width = SHARE_WIDTH * counts.get(kind, 0) / whole
        if width:
            parts.append(_rect(x, 0, width, SHARE_HEIGHT, kind))
        x += width
    words = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts.get(kind))
    return _svg(SHARE_WIDTH, SHARE_HEIGHT, words, "".join(parts), kind="share")


def strip(found: Sequence[bool]) -> Markup:
    """A mark for each expected day, full where it came."""
    marks = "".join(
        f'<rect x="{place * STRIP}" y="1" width="{STRIP - 2}" height="10" class="{"came" if came else "missed"}"/>'
        for place, came in enumerate(found)
    )
    words = f"came on {sum(found)} of {len(found)} days"
    return _svg(len(found) * STRIP, 12, words, marks, kind="strip")


def levels_plot(spans: Sequence[Span], losses: Sequence[datetime]) -> Markup:
    """Which audit levels were in force over time, and where entries are missing."""
    if not spans or spans[-1].end <= spans[0].start:
        return Markup("")
    start, end = spans[0].start, spans[-1].end
    scale = (WIDTH - 120 - RIGHT) / (end - start).total_seconds()
    parts = []
    for line, level in enumerate(WATCHED_LEVELS):
        y = 6 + line * 26
        parts.append(_label(112, y + 14, level, "end"))
        # what was not in force goes over the rest, and is wide enough to be seen
        for span in sorted(spans, key=lambda one: one.levels is None or level not in one.levels):
            state = "unsaid" if span.levels is None else "in-force" if level in span.levels else "lapsed"
            x = 120 + (span.start - start).total_seconds() * scale
            width = max((span.end - span.start).total_seconds() * scale, 0.5 if state == "in-force" else 3)
            title = f"{level} {STATES[state]} from {time_text(span.start)} to {time_text(span.end)} UTC"
            parts.append(f"<g><title>{text(title)}</title>{_rect(x, y, width, 20, state)}</g>")
    height = 6 + len(WATCHED_LEVELS) * 26
    for loss in losses:
        x = 120 + min(max((loss - start).total_seconds(), 0) * scale, WIDTH - 120 - RIGHT)
        parts.append(
            f"<g><title>{text(f'gap behind {time_text(loss)} UTC')}</title>{_rect(x - 1, 0, 3, height, 'gap')}</g>"
        )
    parts.append(_label(120, height + 16, f"{time_text(start)} UTC", "start"))
    parts.append(_label(WIDTH - RIGHT, height + 16, f"{time_text(end)} UTC", "end"))
    return _svg(WIDTH, height + 24, "Audit levels over time", "".join(parts))


def legend(*kinds: tuple[str, str]) -> Markup:
    """What the colours mean: class and words."""
    keys = (element("li", _key(kind), words) for kind, words in kinds)
    return element("ul", *keys, class_="legend")


def _key(kind: str) -> Markup:
    return Markup(f'<svg class="key" viewBox="0 0 12 12" aria-hidden="true">{_rect(0, 0, 12, 12, kind)}</svg>')


def _said(day: str, counts: Mapping[VerdictKind, int]) -> str:
    words = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts.get(kind))
    return f"{day}: {words or 'none'}"


def _grid(top: int, inner: int) -> str:
    """Lines at nothing, a half and all, with their numbers."""
    parts = []
    for value in (0, top / 2, top):
        y = HEIGHT - BOTTOM - inner * value / top
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(_label(LEFT - 8, y + 4, f"{value:,.0f}" if value == int(value) else f"{value:,.1f}", "end"))
    return "".join(parts)


def _ceiling(most: int) -> int:
    """A round number at or above it."""
    power = 10 ** (len(str(max(most, 1))) - 1)
    return next(step * power for step in (*STEPS, 10) if step * power >= most) if most > 1 else 1


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(words)}</text>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" class="{kind}"/>'


def _svg(width: float, height: float, words: str, content: str, *, kind: str = "plot") -> Markup:
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{text(words)}">{content}</svg>'
    )
