//! What must never be possible, line by line, and the tests that show it.
//!
//! Not one line is without tests.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The number of the line, what it forbids, and the tests that try it.
const LINES: &[(u8, &str, &[&str])] = &[
    (
        1,
        "a rotation proof that does not name both keys, or is not rebuilt from them",
        &[
            "a_proof_that_does_not_name_both_keys_is_refused",
            "both_keys_sign_a_rotation_and_it_reads_back",
            "a_rotation_needs_both_keys_and_fits_once",
        ],
    ),
    (
        2,
        "an expired, edited, disconnected, over-deep or widened link, or one of an unknown signer",
        &[
            "a_chain_counts_from_its_first_to_its_last_second",
            "an_edited_expiry_is_noticed",
            "a_disconnected_reordered_or_spliced_chain_is_refused",
            "depth_is_the_place_and_max_depth_never_rises",
            "a_link_cannot_widen_its_parent",
            "only_the_issuers_own_key_signs",
            "any_mutated_byte_of_a_request_denies",
        ],
    ),
    (
        3,
        "a cached handshake for a higher threshold, another capability, or after a revocation",
        &[
            "a_result_never_answers_for_a_higher_threshold_another_scope_purpose_or_capability",
            "a_result_never_answers_after_a_change_to_the_peer",
        ],
    ),
    (
        4,
        "a signed request replayed",
        &[
            "a_proof_is_for_one_audience_method_uri_chain_and_body",
            "a_proof_is_used_once_however_the_clock_goes",
            "a_signed_request_is_not_replayed",
            "a_proof_is_used_once_whichever_process_it_is_sent_to_and_after_a_restart",
        ],
    ),
    (
        5,
        "an agent with capabilities that nobody granted",
        &[
            "an_agent_gets_what_its_parents_chain_grants_and_nothing_more",
            "a_record_wider_than_its_parent_is_not_registered_whoever_asks",
        ],
    ),
    (
        6,
        "an attestation made for one key that counts for another",
        &[
            "an_attestation_made_for_one_key_never_counts_for_another",
            "an_attestation_counts_by_an_attester_of_the_policy_and_until_the_key_changes",
        ],
    ),
    (
        7,
        "a revoke without bound, or half of one",
        &["a_kill_at_any_moment_never_leaves_half_a_subtree", "one_agent_is_judged_as_the_whole_mesh_is"],
    ),
    (
        8,
        "a torn file that stops the start or loses a revocation",
        &["a_cut_wal_is_always_a_whole_prefix", "a_cut_wal_gives_back_a_whole_prefix_of_the_entries"],
    ),
    (
        9,
        "a log that was altered and still verifies",
        &[
            "an_entry_with_one_byte_changed_is_refused_or_another_entry",
            "whatever_is_changed_in_the_decision_log_is_named_by_its_place",
        ],
    ),
    (
        10,
        "a score that depends on reading, counts a voided event, or exceeds a ceiling",
        &[
            "a_score_does_not_depend_on_how_often_or_in_which_order_it_is_read",
            "a_voided_signal_leaves_no_trace_in_the_score",
            "a_child_never_exceeds_a_ceiling_of_its_lineage",
        ],
    ),
    (
        11,
        "one person who approves twice, or what he ordered himself, or another change",
        &[
            "one_person_approves_once_even_with_two_keys",
            "an_approval_fits_no_other_change",
            "a_newcomer_signs_the_invitation_and_a_key_has_one_owner",
            "a_signature_counts_for_one_log_one_person_and_these_bytes",
        ],
    ),
    (
        12,
        "a name from outside that moves a screen",
        &["nothing_that_happens_panics_shows_a_hostile_character_or_changes_whom_nobody_saw"],
    ),
    (
        13,
        "an action on a target that its dialog did not show",
        &["nothing_that_happens_panics_shows_a_hostile_character_or_changes_whom_nobody_saw"],
    ),
    (
        14,
        "a private key in an output or in a readable file",
        &[
            "no_error_holds_a_byte_of_the_key_or_the_passphrase",
            "a_key_file_is_private_from_its_first_moment_and_never_overwritten",
            "no_output_of_any_command_holds_a_private_key",
        ],
    ),
    (
        15,
        "something that a stranger can fill",
        &[
            "a_full_ledger_refuses_and_one_agent_cannot_fill_it",
            "a_stranger_cannot_fill_the_set_of_open_handshakes",
            "no_stranger_makes_the_cache_grow",
            "what_is_too_big_is_refused_before_any_key_is_asked_for",
            "a_parent_that_spawns_too_many_is_refused_and_sealed",
            "strangers_and_whoever_overhears_a_request_are_counted_and_fill_nothing",
            "a_minute_of_strangers_is_bounded_however_many_come",
            "beyond_the_quota_the_oldest_go_and_their_signed_heads_and_used_proofs_stay",
            "a_decision_log_that_is_damaged_allows_nothing_and_stops_no_denial_and_no_change",
        ],
    ),
    (
        16,
        "a signature for one purpose accepted for another",
        &[
            "a_signature_of_a_handshake_is_valid_for_nothing_else",
            "neither_a_delegation_nor_a_big_text_is_a_proof",
            "a_rotation_is_no_rekey_and_no_reference_proof",
            "no_signature_of_one_purpose_serves_another",
        ],
    ),
    (
        17,
        "time that goes backwards",
        &[
            "time_never_goes_backwards",
            "a_ledger_survives_a_restart",
            "no_verdict_is_earlier_than_the_last_one_that_is_kept",
        ],
    ),
    (
        18,
        "a contained agent that regains power",
        &[
            "a_contained_agent_regains_no_power_by_a_child_a_rotation_or_a_token",
            "a_seal_lets_only_what_was_logged_before_it_count",
            "a_suspended_or_revoked_agent_cannot_rotate",
        ],
    ),
    (
        19,
        "personal data that cannot be forgotten",
        &[
            "what_is_erased_is_in_no_file_and_every_proof_still_holds",
            "what_is_forgotten_is_gone_while_its_hash_stays_and_an_entry_must_say_so",
            "a_leaf_outlives_the_texts_and_changes_with_any_of_them",
            "no_decision_names_a_sponsor",
        ],
    ),
];

/// How often each function name occurs as a test of the repository.
fn tests() -> HashMap<String, usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = HashMap::new();
    let mut directories = vec![root.join("src"), root.join("tests/suite")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                for line in fs::read_to_string(path).unwrap().lines() {
                    if let Some(name) =
                        line.trim_start().strip_prefix("fn ").and_then(|rest| rest.split('(').next())
                    {
                        *found.entry(name.to_owned()).or_default() += 1;
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_line_names_tests_that_exist() {
    let tests = tests();
    let missing: Vec<_> =
        LINES.iter().flat_map(|(_, _, names)| *names).filter(|name| !tests.contains_key(**name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    let numbers: Vec<u8> = LINES.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=19).collect::<Vec<_>>());
    let open: Vec<u8> =
        LINES.iter().filter(|(_, _, names)| names.is_empty()).map(|(number, ..)| *number).collect();
    assert!(open.is_empty(), "{open:?}");
}
