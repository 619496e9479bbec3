"""One error out of a task group, or the whole group when it says more."""

from edge.errors import ConfigWrong, NetworkAbsent, TirekError, sole


def test_an_error_alone_in_a_group_is_found_however_deep() -> None:
    error = NetworkAbsent("no network")
    group = ExceptionGroup("parts", [ExceptionGroup("inner", [error]), NetworkAbsent("again")])
    assert sole(group, TirekError) is error


def test_a_group_with_another_fault_is_not_taken_for_one_error() -> None:
    group = ExceptionGroup("parts", [ConfigWrong("bad"), ValueError("a bug")])
    assert sole(group, TirekError) is None
    assert sole(ExceptionGroup("parts", [ValueError("a bug")]), TirekError) is None
