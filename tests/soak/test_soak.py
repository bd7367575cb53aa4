"""A short soak: sixteen clients for a few seconds; `python -m tests.soak` is the long one."""

from tests.soak.__main__ import lost_updates, soak


def test_sixteen_clients_find_what_they_were_told():
    total, _, problems = soak(16, 4)
    assert problems == []
    assert total.requests > 200
    assert len(total.added) > 5


def test_a_lost_update_is_seen():
    assert lost_updates([(0, 1), (1, 2), (2, 3)], [1, 2, 3]) == []
    assert lost_updates([(0, 1), (1, 2), (1, 3)], [1, 3]) == [
        "2 additions followed 1",
        "1 of 3 acknowledged additions are lost",
    ]
