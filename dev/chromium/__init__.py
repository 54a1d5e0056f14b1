"""A headless Chromium that opens pages of ours, over its debugging pipe: no port, no driver, no library."""

from dev.chromium.browser import Chromium

__all__ = ["Chromium"]
