"""What users of other tools suffer from, by number, and the tests that fail when pxhelm makes the same mistake."""

from typing import NamedTuple


class Row(NamedTuple):
    """One row of the list of pains."""

    number: int
    title: str
    tests: tuple[str, ...] = ()
    """pytest's names of the tests, below ``tests/``."""
    not_here: str = ""
    """Why the row does not apply; empty when there are tests."""


ID, M, R = "apply/test_identity.py", "apply/test_machine.py", "apply/test_runner.py"
F, E, D = "apply/test_faults.py", "apply/test_engine.py", "plan/test_diff.py"
B, V, C = "plan/test_build.py", "kinds/test_virtual_machine.py", "kinds/test_container.py"
T, P, G = "proxmox/test_task.py", "proxmox/test_client.py", "apply/test_deletion_policies.py"

ROWS = (
    Row(
        1,
        "VMIDs are chosen by two at once",
        (
            f"{ID}::test_a_vmid_taken_between_look_and_create_is_passed_over_and_left_alone",
            f"{ID}::test_two_installations_at_once_never_touch_each_others_guests",
            "contracts/store/test_port_bindings.py::test_the_first_free_vmid_is_reserved",
            "proxmox/test_against_simulator.py::test_thirty_guests_are_made_at_once_and_none_twice",
        ),
    ),
    Row(
        2,
        "a collision is taken for one's own guest",
        (
            f"{ID}::test_a_pinned_vmid_of_somebody_else_is_a_conflict",
            f"{ID}::test_a_clone_of_our_guest_is_not_taken_for_it",
            f"{M}::test_a_lost_vmid_race_takes_another_vmid",
        ),
    ),
    Row(
        3,
        "a stale VMID destroys somebody else's guest",
        (
            f"{ID}::test_a_guest_replaced_by_a_foreign_one_is_an_identity_conflict",
            f"{ID}::test_a_guest_replaced_after_the_plan_is_not_touched",
            f"{M}::test_a_guest_that_somebody_made_at_once_where_ours_was_destroyed_is_left_alone",
            "apply/test_annotations.py::test_a_chosen_vmid_rests_for_a_day_after_its_guest_is_gone",
            "actions/test_many_guests.py::test_a_guest_that_took_the_place_of_ours_is_left_alone",
        ),
    ),
    Row(
        4,
        "the same guest is made again and again",
        (
            f"{F}::test_a_guest_is_made_once_through_any_fault",
            f"{M}::test_a_lost_answer_is_resolved_by_the_task_that_it_started",
            f"{M}::test_a_guest_under_creation_without_a_task_to_be_seen_gets_time",
            f"{R}::test_an_object_that_another_worker_holds_is_left_to_him",
        ),
    ),
    Row(
        5,
        "a killed apply leaves orphans",
        (
            "apply/test_crash.py::test_a_creation_is_gone_on_with_from_every_point",
            "apply/test_kill.py::test_twenty_guests_survive_a_kill_at_any_moment",
            f"{M}::test_an_accepted_clone_of_a_dead_process_is_followed_before_anything_else",
        ),
    ),
    Row(
        6,
        "a deletion that succeeded left the guest alive",
        (
            f"{M}::test_a_removal_buries_stops_and_destroys_and_ends_when_it_is_gone",
            f"{F}::test_a_guest_is_removed_through_any_fault",
            "apply/test_crash.py::test_a_removal_is_gone_on_with_from_every_point",
        ),
    ),
    Row(
        7,
        "what cannot be seen is taken for gone",
        (
            f"{ID}::test_an_offline_node_makes_its_guests_unknown_and_nothing_is_made_anew",
            f"{ID}::test_a_guest_that_the_token_cannot_see_is_unknown_not_absent",
            "resource/test_observe.py::test_without_quorum_nothing_is_absent",
            f"{ID}::test_without_quorum_a_guest_that_is_not_listed_is_unknown_and_nothing_is_made_anew",
            f"{ID}::test_a_guest_destroyed_by_others_is_made_anew",
        ),
    ),
    Row(
        8,
        "the order of devices is a difference",
        (
            "pains/test_perpetual_differences.py::test_order_and_case_of_devices_and_tags_make_no_difference",
            "pains/test_perpetual_differences.py::test_the_control_another_size_is_a_difference",
        ),
    ),
    Row(
        9,
        "MAC addresses are made anew",
        (
            f"{V}::test_a_network_card_keeps_its_mac_and_what_others_set",
            f"{V}::test_address_and_uuid_that_no_manifest_states_any_more_stay",
            f"{C}::test_a_network_card_keeps_its_mac",
        ),
    ),
    Row(
        10,
        "order and case of tags are a difference",
        (
            "pains/test_perpetual_differences.py::test_order_and_case_of_devices_and_tags_make_no_difference",
            "pains/test_perpetual_differences.py::test_tags_that_somebody_wrote_in_another_order_and_case_are_the_same",
        ),
    ),
    Row(
        11,
        "unset, empty and default are three differences",
        (f"{D}::test_unset_equals_the_default_of_proxmox", f"{V}::test_what_is_empty_needs_no_write"),
    ),
    Row(
        12,
        "taking something out of the manifest does nothing",
        (
            f"{E}::test_a_field_taken_out_of_the_manifest_is_unset",
            f"{D}::test_a_device_that_was_ours_goes_as_a_whole",
            "resource/test_round_trip.py::test_unsetting_takes_the_leaf_away_and_nothing_else",
        ),
    ),
    Row(
        13,
        "firewall rules are taken for one another by position",
        (
            "resource/test_firewall_rules.py::test_any_order_becomes_any_other",
            "resource/test_firewall_rules.py::test_a_replacement_is_there_before_what_it_replaces_goes",
            "resource/test_firewall_rules.py::test_rules_of_others_stay_or_go_as_told",
        ),
    ),
    Row(
        14,
        "pool membership is always a difference, and costs a call per pool and guest",
        (
            "pains/test_perpetual_differences.py::test_a_plan_reads_each_guest_once_and_never_asks_an_agent_or_a_pool",
            "kinds/test_natural_keys.py::test_members_of_others_stay_when_ours_leave",
        ),
    ),
    Row(
        15,
        "new cloud-init data replaces the guest",
        (
            "pains/test_in_place.py::test_cloud_init_and_firmware_disks_are_added_in_place",
            "resource/parts/test_seed.py::test_a_change_of_the_documents_is_another_image_in_the_same_drive",
        ),
    ),
    Row(
        16,
        "a new image upstream replaces every guest",
        (
            f"{C}::test_a_new_image_is_provenance_and_no_change",
            f"{D}::test_an_input_of_the_creation_that_changes_later_is_a_note_and_never_a_write",
        ),
    ),
    Row(
        17,
        "a guest that moved is made a second time",
        (
            f"{V}::test_a_machine_that_moved_is_found_and_is_no_drift",
            f"{ID}::test_a_guest_migrated_by_others_is_followed_and_is_no_drift",
        ),
    ),
    Row(
        18,
        "a volume of a container that grows is made anew, empty",
        (
            "pains/test_in_place.py::test_volumes_of_a_container_grow_where_they_are",
            "pains/test_in_place.py::test_a_smaller_volume_is_refused_before_anything_is_written",
            f"{C}::test_a_root_file_system_is_never_sent_again",
        ),
    ),
    Row(
        19,
        "adding a firmware or cloud-init disk replaces the guest",
        (
            "pains/test_in_place.py::test_cloud_init_and_firmware_disks_are_added_in_place",
            f"{V}::test_cloud_init_data_makes_a_drive_where_there_is_none",
        ),
    ),
    Row(
        20,
        "an import is followed by a replacement",
        ("actions/test_importing.py::test_what_was_made_by_hand_is_imported_with_an_empty_plan",),
    ),
    Row(
        21,
        "a clone loses disks, sizes or devices of its template",
        (
            f"{V}::test_the_given_manifest_works_as_it_stands",
            f"{V}::test_an_inherited_device_goes_only_when_it_is_told_to",
            f"{D}::test_owning_no_more_than_the_size_of_an_inherited_disk_does_not_make_it_ours_to_remove",
            f"{D}::test_a_device_that_came_with_the_template_stays_when_its_manifest_speaks_of_it_no_longer",
        ),
    ),
    Row(
        22,
        "a restart nobody asked for, or one that is missing",
        (
            f"{V}::test_memory_and_cores_are_one_write_and_nothing_else_is_touched",
            f"{D}::test_each_change_says_what_it_does_to_the_guest_as_it_is",
            "kinds/test_cases.py::test_case",
        ),
    ),
    Row(
        23,
        "what is pending is written again for ever",
        (
            f"{D}::test_what_is_merely_pending_is_not_written_again_but_said",
            "resource/test_recorded.py::test_what_is_pending_is_intended_and_not_current",
        ),
    ),
    Row(
        24,
        "lock timeouts as soon as several guests are made",
        (
            f"{R}::test_turns_are_limited_per_node_storage_and_source",
            f"{R}::test_no_more_full_clones_of_one_source_than_allowed_run_at_once",
            f"{M}::test_a_busy_guest_is_waited_for_until_the_patience_ends",
        ),
    ),
    Row(
        25,
        "guests under backup are unlocked by force",
        (
            f"{ID}::test_a_locked_guest_is_blocked_and_never_unlocked",
            f"{B}::test_a_locked_guest_is_blocked_only_if_something_has_to_be_done",
        ),
    ),
    Row(
        26,
        "a plan hangs on guest agents",
        ("pains/test_perpetual_differences.py::test_a_plan_reads_each_guest_once_and_never_asks_an_agent_or_a_pool",),
    ),
    Row(
        27,
        "warnings are failures, failures are believed",
        (
            f"{T}::test_warnings_are_success_and_come_with_the_log",
            f"{T}::test_an_end_without_a_status_is_unknown",
            f"{M}::test_a_failed_task_whose_effect_is_there_is_no_failure",
        ),
    ),
    Row(
        28,
        "connections break, writes are repeated blindly",
        (
            f"{P}::test_a_connection_is_used_again_but_not_after_three_seconds",
            f"{P}::test_a_read_is_repeated_when_the_connection_breaks",
            f"{P}::test_a_write_is_sent_once_and_its_fate_is_unknown",
            f"{P}::test_a_write_goes_elsewhere_when_nobody_took_the_connection",
        ),
    ),
    Row(
        29,
        "the cost of a look grows with the square of the guests",
        ("pains/test_perpetual_differences.py::test_a_plan_reads_each_guest_once_and_never_asks_an_agent_or_a_pool",),
    ),
    Row(
        30,
        "the HA manager's task is taken for the deed",
        (
            f"{T}::test_a_request_to_the_ha_manager_is_not_the_deed",
            "actions/test_power.py::test_the_ha_managers_task_only_asks_so_the_guest_itself_is_watched",
            "resource/parts/test_ha.py::test_the_manager_lets_go_of_a_guest_before_it_is_destroyed",
        ),
    ),
    Row(
        31,
        "a guest that its administrator shut down is started again",
        (
            f"{V}::test_a_machine_shut_down_by_its_administrator_is_not_started_again",
            f"{V}::test_running_means_started_again_and_stopped_means_shut_down",
        ),
    ),
    Row(
        32,
        "a protected guest is shut down before its deletion fails",
        (f"{B}::test_a_protected_guest_is_not_even_shut_down", f"{V}::test_a_protected_machine_is_not_removed"),
    ),
    Row(
        33,
        "data goes with what was removed",
        (
            f"{V}::test_a_disk_that_is_no_longer_wanted_is_detached_and_its_volume_stays",
            f"{V}::test_a_volume_is_freed_only_if_that_was_said_before",
            f"{G}::test_a_volume_that_the_guest_does_not_refer_to_stays_when_the_guest_is_destroyed",
            f"{C}::test_a_mount_point_is_added_and_later_detached",
        ),
    ),
    Row(
        34,
        "missing rights are told late and obscurely",
        (
            "plan/test_rights.py::test_what_the_token_may_not_do_is_refused_with_the_plan",
            f"{M}::test_a_missing_right_ends_it_with_its_name",
            "resource/test_gates.py::test_what_only_root_may_set",
        ),
    ),
    Row(
        35,
        "networks are applied one change at a time",
        (
            "apply/test_domains.py::test_all_changes_of_a_plan_are_staged_and_applied_by_one_call",
            "apply/test_domains.py::test_what_others_staged_is_told_and_stops_ours_before_anything_is_written",
        ),
    ),
    Row(
        36,
        "every run changes something, and there is no dry run",
        (
            f"{E}::test_a_second_apply_writes_nothing",
            f"{E}::test_a_plan_of_a_clone_foresees_every_step_and_writes_nothing",
            "idempotence/test_sample.py",
        ),
    ),
    Row(
        37,
        "a reconciler that only provisions",
        (
            f"{E}::test_a_change_made_by_others_is_drift_and_apply_takes_it_back",
            "apply/test_crash.py::test_a_change_is_gone_on_with_from_every_point",
        ),
    ),
)
