"""The commands that change the audit values set whole lists, within what a list can hold."""

import pytest

from cli.doctor.lists import adding, in_force, removing

SIXTEEN = [f"*VALUE{number}" for number in range(16)]


@pytest.mark.parametrize(
    ("first", "second", "commands"),
    [
        pytest.param(["*NONE"], ["*NONE"], ["QAUDLVL) VALUE('*NEW')"], id="the first value"),
        pytest.param(["*OLD"], ["*NONE"], ["QAUDLVL) VALUE('*OLD *NEW')"], id="one more"),
        pytest.param(["*OLD", "*NEW"], ["*NONE"], ["QAUDLVL) VALUE('*OLD *NEW')"], id="it is there"),
        pytest.param(
            [*SIXTEEN[:15], "*AUDLVL2"],
            ["*OLD"],
            ["QAUDLVL2) VALUE('*OLD *NEW')"],
            id="the first list is full and names the second",
        ),
        pytest.param(
            SIXTEEN,
            ["*NONE"],
            [
                "QAUDLVL2) VALUE('*VALUE15 *NEW')",
                f"QAUDLVL) VALUE('{' '.join(SIXTEEN[:15])} *AUDLVL2')",
            ],
            id="the first list is full: its last value makes room for the name of the second",
        ),
    ],
)
def test_a_value_is_added_where_there_is_room(first: list[str], second: list[str], commands: list[str]) -> None:
    assert adding(first, second, ["*NEW"]) == tuple(f"CHGSYSVAL SYSVAL({command}" for command in commands)


def test_nothing_that_is_in_force_is_lost_by_adding() -> None:
    second, first = adding(SIXTEEN, ["*NONE"], ["*A", "*B"])

    words = {*second.split("'")[1].split(), *first.split("'")[1].split()}
    assert words == {*SIXTEEN, "*A", "*B", "*AUDLVL2"}


def test_removing_changes_only_the_lists_that_hold_a_value() -> None:
    assert removing(["*A", "*B"], ["*NONE"], ["*A"]) == ("CHGSYSVAL SYSVAL(QAUDLVL) VALUE('*B')",)
    assert removing(["*A"], ["*B"], ["*A", "*B"]) == (
        "CHGSYSVAL SYSVAL(QAUDLVL) VALUE('*NONE')",
        "CHGSYSVAL SYSVAL(QAUDLVL2) VALUE('*NONE')",
    )
    assert removing(["*A"], ["*B"], ["*C"]) == ()


def test_the_second_list_counts_only_where_the_first_names_it() -> None:
    assert in_force(["*A"], ["*B"]) == {"*A"}
    assert in_force(["*A", "*AUDLVL2"], ["*B", "*NONE"]) == {"*A", "*B"}
