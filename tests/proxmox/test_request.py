"""Operations are advanced by their driver, one or many at once, on any clock."""

import pytest

from pxhelm.proxmox.request import Fleet, Request, Response, Wait, call, drive


def count(name, steps, wait=0.0):
    found = []
    for number in range(steps):
        if wait:
            yield Wait(wait)
        found.append((yield from call(Request("GET", f"/{name}/{number}"))))
    return found


def test_one_operation_gets_its_answers_in_order():
    waits = []
    result = drive(count("a", 2, 1.5), lambda request: Response(request.path), waits.append)
    assert result == ["/a/0", "/a/1"]
    assert waits == [1.5, 1.5]


def test_an_error_is_thrown_into_the_operation_which_may_bear_it():
    def operation():
        try:
            yield from call(Request("GET", "/x"))
        except KeyError:
            return (yield from call(Request("GET", "/y")))

    def send(request):
        if request.path == "/x":
            raise KeyError
        return Response("saved")

    assert drive(operation(), send, lambda _: None) == "saved"
    with pytest.raises(ValueError, match="no"):
        drive(count("a", 1), lambda _: (_ for _ in ()).throw(ValueError("no")), lambda _: None)


def test_an_operation_without_requests_just_returns():
    def nothing():
        return 7
        yield

    assert drive(nothing(), None, None) == 7
    fleet = Fleet([nothing(), nothing()], 1)
    fleet.due(0.0)
    assert fleet.outcomes() == [7, 7]


def test_never_more_operations_are_under_way_than_allowed():
    fleet = Fleet([count(n, 1) for n in "abc"], 2)
    first = fleet.due(0.0)
    assert [(i, r.path) for i, r in first] == [(0, "/a/0"), (1, "/b/0")]
    assert fleet.pause(0.0) is None
    fleet.answered(1, Response("B"), None)
    assert [(i, r.path) for i, r in fleet.due(0.0)] == [(2, "/c/0")]
    fleet.answered(2, None, ValueError("c"))
    fleet.answered(0, Response("A"), None)
    assert fleet.due(0.0) == []
    assert fleet.finished
    a, b, c = fleet.outcomes()
    assert (a, b, str(c)) == (["A"], ["B"], "c")


def test_a_waiting_operation_holds_no_other_up():
    fleet = Fleet([count("slow", 1, wait=5.0), count("slower", 1, wait=9.0), count("quick", 1)], 3)
    assert [i for i, _ in fleet.due(100.0)] == [2]
    assert fleet.pause(101.0) == 4.0
    assert fleet.due(104.9) == []
    assert [i for i, _ in fleet.due(105.0)] == [0]
    assert fleet.pause(200.0) == 0.0


def test_what_is_given_up_is_told():
    told = []

    def operation():
        try:
            yield Request("GET", "/x")
        finally:
            told.append("closed")

    fleet = Fleet([operation(), operation()], 1)
    fleet.due(0.0)
    fleet.close()
    assert told == ["closed"]
