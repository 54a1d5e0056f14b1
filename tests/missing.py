"""What a test does about a tool that is not there."""

import os
from collections.abc import Callable
from typing import TypeVar

import pytest

from dev.part import Missing

T = TypeVar("T")


def or_give_up(fetch: Callable[[], T]) -> T:
    """What `fetch` gives. Where it is missing the test is skipped, since a laptop may lack a tool; continuous
    integration may not.
    """
    try:
        return fetch()
    except Missing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
