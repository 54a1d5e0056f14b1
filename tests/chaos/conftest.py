"""The same pipeline as the end-to-end tests."""

from tests.e2e.conftest import pipeline

__all__ = ["pipeline"]
