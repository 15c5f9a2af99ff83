//! Taking codes out of use.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use futures::stream::{self, StreamExt, TryStreamExt};
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::PortResult;

use super::super::codes::{state, stock_key};
use super::super::fault::fault;
use super::super::item::text;
use super::super::retry::Backoff;
use super::super::versioned::{MARK, WriteMark};

/// So many calls at once.
const AT_ONCE: usize = 16;

/// The voiding of codes of one pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voiding<'a> {
    pub client: &'a Client,
    pub table: &'a str,
    pub pool: &'a PoolId,
}

impl Voiding<'_> {
    /// Voids those that are free; answers how many were.
    ///
    /// # Errors
    /// What the table answers.
    pub(super) async fn void(&self, codes: &[CouponCode]) -> PortResult<u64> {
        let calls: Vec<_> = codes.iter().map(|code| self.void_one(code)).collect();
        let voided: Vec<bool> = stream::iter(calls).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(voided.into_iter().map(u64::from).sum())
    }

    async fn void_one(&self, code: &CouponCode) -> PortResult<bool> {
        let (mark, mut backoff) = (WriteMark::new()?, Backoff::default());
        loop {
            let Err(error) = self.try_void(code, mark).await else {
                return Ok(true);
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    return Ok(mark.is_on(failed.item()));
                }
                Some(UpdateItemError::TransactionConflictException(_)) if backoff.pause().await => {}
                _ => return Err(fault("void a code", self.table, &error)),
            }
        }
    }

    async fn try_void(
        &self,
        code: &CouponCode,
        mark: WriteMark,
    ) -> Result<(), aws_sdk_dynamodb::error::SdkError<UpdateItemError>> {
        let update = self
            .client
            .update_item()
            .table_name(self.table)
            .set_key(Some(stock_key(self.pool, code)))
            .condition_expression("#state IN (:free, :released)")
            .update_expression("SET #state = :void, #mark = :mark")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#mark", MARK)
            .expression_attribute_values(":free", text(state::FREE))
            .expression_attribute_values(":released", text(state::RELEASED))
            .expression_attribute_values(":void", text(state::VOID))
            .expression_attribute_values(":mark", mark.attribute())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update.send().await.map(drop)
    }
}
