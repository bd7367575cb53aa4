from dataclasses import replace

from pxhelm.store.leases import Holder, provably_dead

HOLDER = Holder("a", "boot-1", 10, "t10")
HERE = Holder("a", "boot-1", 99, "t99")


def processes(table):
    return table.get


def test_a_running_process_is_not_dead():
    assert not provably_dead(HOLDER, HERE, processes({10: "t10"}))


def test_a_missing_or_reused_pid_is_dead():
    assert provably_dead(HOLDER, HERE, processes({}))
    assert provably_dead(HOLDER, HERE, processes({10: "t11"}))


def test_a_process_before_the_last_boot_is_dead():
    assert provably_dead(HOLDER, replace(HERE, boot_id="boot-2"), processes({10: "t10"}))


def test_nothing_is_proved_from_another_host():
    assert not provably_dead(HOLDER, replace(HERE, host="b"), processes({}))
    assert not provably_dead(HOLDER, replace(HERE, host="b", boot_id="boot-2"), processes({}))


def test_a_process_of_another_container_is_never_proved_dead():
    inside = replace(HOLDER, space="pid:[1]")
    assert not provably_dead(inside, HERE, processes({}))
    assert not provably_dead(HOLDER, replace(HERE, space="pid:[1]"), processes({}))
    assert provably_dead(inside, replace(HERE, space="pid:[1]"), processes({}))


def test_nothing_is_proved_where_the_system_does_not_show_processes():
    assert not provably_dead(HOLDER, replace(HERE, started=""), processes({}))
