"""The alert about entries that will be deleted unread."""

from datetime import UTC, datetime

from enricher.loss import loss_alert
from schemas.codec import decode_as, encode
from schemas.records import Alert, Progress

TIME = datetime(2026, 11, 22, 2, 15, tzinfo=UTC)


def test_a_progress_record_that_warns_becomes_an_alert_with_the_range() -> None:
    alert = loss_alert(Progress("PROD1", "QSYS/QAUDJRN", TIME, False, None, 9, 6, False, 19_200, 23_400))

    assert alert is not None
    assert alert.id == "20261122T021500000000-PROD1.loss"
    assert alert.title == "Unread journal entries of PROD1 will be deleted in about 5 h 20 min"
    assert "probably before 6 h 30 min" in alert.description
    assert decode_as(Alert, encode(alert)) == alert


def test_any_other_progress_record_raises_nothing() -> None:
    assert loss_alert(Progress("PROD1", "QSYS/QAUDJRN", TIME, True, None, 0, 6)) is None


def test_what_is_due_now_is_not_said_to_take_no_minutes() -> None:
    alert = loss_alert(Progress("PROD1", "QSYS/QAUDJRN", TIME, False, None, 9, 6, False, 0, 600))

    assert alert is not None
    assert alert.title == "Unread journal entries of PROD1 will be deleted any moment now"
    assert alert.description.endswith("will be deleted any moment now, within 0 h 10 min.")
