//! The contract of the ports: what every implementation must keep, one promise a function.
//!
//! Each promise gets an empty store of its own. [`contract_suite!`](crate::contract_suite) makes a test of every one
//! of them, so that no implementation forgets any.
#![expect(missing_docs, reason = "a promise's name says what is promised")]

pub mod contacts;
pub mod content;
pub mod due;
pub mod fixtures;
pub mod ledger;
pub mod mailer;
pub mod notes;
pub mod orders;
pub mod parts;
pub mod products;
pub mod queues;
pub mod stock;

/// How a promise ends: kept, or an assertion fails, or the store does not answer.
pub type Kept = anyhow::Result<()>;

/// Makes a test of each promise; `$store` is a future that gives an empty store, or none when it is to be skipped.
#[macro_export]
macro_rules! contract_suite {
    ($store:expr) => {
        $crate::promises! { $store;
            orders:
                an_order_that_was_never_saved_is_absent,
                what_is_saved_is_loaded_whole,
                the_version_counts_the_writes,
                a_conditional_write_on_an_old_version_writes_nothing,
                a_first_write_over_a_stored_order_writes_nothing,
                a_write_that_expects_more_than_there_is_writes_nothing,
                of_many_first_writers_one_wins,
                the_same_number_of_another_source_or_shop_is_another_order,
                many_orders_are_loaded_at_once,
                a_glance_at_orders_tells_the_version_that_it_shows,
                all_orders_of_a_person_in_a_shop_are_found_and_no_others;
            contacts:
                a_contact_that_was_never_saved_is_absent,
                what_is_committed_is_loaded_whole,
                a_conditional_write_on_an_old_version_writes_nothing,
                a_write_that_expects_more_than_there_is_writes_nothing,
                a_changed_contact_leaves_the_code_free,
                a_taken_code_leaves_the_contact_unwritten,
                the_version_is_looked_at_before_the_codes,
                one_taken_code_undoes_the_claim_of_another,
                a_code_is_claimed_out_of_its_own_pool_only,
                a_code_that_nobody_imported_cannot_be_claimed,
                a_code_claimed_by_one_is_never_given_to_another,
                nobody_but_the_holder_changes_a_code,
                a_free_code_cannot_be_quarantined_kept_or_released,
                release_then_cooldown,
                a_released_code_is_no_longer_its_holders,
                a_code_that_she_may_have_seen_is_never_offered_again;
            stock:
                every_row_is_answered_in_order,
                a_code_of_another_pool_is_told_and_not_added,
                letter_case_makes_no_new_code,
                a_code_keeps_the_letter_case_it_was_given_in,
                a_known_code_keeps_its_end_and_its_state,
                free_codes_are_of_the_pool_and_within_the_limit,
                every_free_code_is_found_from_every_place,
                claimers_begin_at_different_places,
                a_code_that_ends_too_early_is_not_offered,
                counts_add_up_to_what_was_imported,
                codes_past_their_day_count_as_expired,
                only_free_codes_that_end_are_counted_as_ending,
                claims_are_counted_from_their_day_on,
                a_voided_code_is_never_offered_again,
                a_held_code_cannot_be_voided;
            due:
                putting_a_due_entry_again_changes_nothing,
                a_page_holds_its_own_shop_day_and_shard_only,
                entries_come_by_the_day_on_which_they_first_were_due,
                pages_together_hold_every_entry_once,
                the_counts_tell_each_day;
            products:
                an_unpublished_feed_is_invisible,
                a_published_feed_is_seen_whole,
                publishing_writes_changed_rows_only,
                what_a_feed_no_longer_has_is_gone,
                feeds_of_shops_and_languages_are_apart,
                imports_do_not_mix,
                a_published_import_is_used_up,
                a_discarded_import_never_shows,
                publishing_again_never_empties_the_shop,
                a_line_is_found_by_its_most_exact_id_before_its_sku,
                a_changed_sku_is_found_under_the_new_one_only,
                lists_keep_their_order_and_an_unknown_one_is_empty,
                replacing_lists_leaves_no_old_one,
                replacing_one_kind_of_lists_leaves_the_other;
            content:
                the_version_is_the_hash_of_the_content,
                every_version_is_kept,
                publishing_old_content_again_makes_it_active,
                what_belongs_together_is_published_together,
                publishing_together_what_is_active_changes_nothing,
                names_of_a_kind_are_listed_sorted,
                what_was_never_published_is_absent,
                a_glance_finds_the_active_version_or_an_earlier_one;
            parts:
                a_part_counts_once_however_often_it_is_through,
                many_parts_that_end_at_once_are_all_counted,
                the_parts_of_other_runs_and_shops_do_not_count;
            ledger:
                a_run_lets_one_in_at_a_time,
                of_many_that_begin_at_once_one_runs,
                a_run_is_taken_over_when_its_lease_ends,
                a_finished_day_is_not_run_again,
                the_last_completed_day_is_told,
                a_finished_day_lets_the_next_one_begin,
                the_last_completed_day_never_goes_back,
                shops_run_beside_each_other,
                the_stop_switch_stays_as_it_was_set,
                a_halt_is_the_one_noted_last_and_ends_when_somebody_switches,
                a_halt_never_takes_the_place_of_the_switch,
                a_mark_answers_whether_it_was_set_before,
                a_moment_is_the_one_noted_last;
            notes:
                a_lease_lets_one_in_until_it_ends,
                a_lease_that_was_given_back_is_free,
                nobody_ends_the_lease_of_another,
                leases_of_other_names_are_apart,
                of_many_that_take_a_lease_at_once_one_has_it,
                a_note_is_kept_until_it_is_replaced_or_forgotten;
        }
    };
}

/// Makes a test of each promise of a mail service; `$post` is a future that gives one that has accepted nothing.
#[macro_export]
macro_rules! mailer_suite {
    ($post:expr) => {
        $crate::promises! { $post;
            mailer:
                what_is_accepted_has_arrived_once_and_whole,
                an_accepted_mail_is_never_settled_as_not_accepted,
                a_mail_that_was_never_handed_over_is_never_settled_as_accepted,
                a_mail_whose_answer_was_lost_is_not_handed_over_again;
        }
    };
}

/// One test for each named promise.
#[doc(hidden)]
#[macro_export]
macro_rules! promises {
    ($store:expr; $($port:ident: $($promise:ident),+;)+) => {
        $(mod $port {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() -> $crate::contract::Kept {
                let Some(store) = $store.await? else { return Ok(()) };
                $crate::contract::$port::$promise(&store).await
            })+
        })+
    };
}
