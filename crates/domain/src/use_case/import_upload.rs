//! Takes in a data file of the bucket, whatever it is.

use std::io::Read;

use jiff::Timestamp;
use serde::Serialize;

use super::import_contacts::take_contact;
use super::import_coupons::import_coupons;
use super::import_feed::{FeedImport, import_lists, import_products};
use super::import_till::{TillImport, till_context};
use super::receive_order::{Receipt, receive_order};
use super::{Desk, Taken, UseCaseError};
use crate::contact_file::ContactRow;
use crate::id::ShopId;
use crate::order::OrderEvent;
use crate::ports::{Contacts, CouponStock, DueList, FeedChange, Orders, Products};
use crate::report::FileReport;
use crate::shop::Shop;
use crate::upload::{Upload, allows_shrink, unpacked};

mod teller;

use teller::{People, Teller};

/// So many receipts or people are handed on at once.
pub const PIECE: usize = 500;

/// What a file of receipts or people tells, one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A receipt.
    Order(Box<OrderEvent>),
    /// A person.
    Contact(Box<ContactRow>),
}

/// How receipts and people are stored, some at a time. One machine puts them into one transaction; a store over a
/// network works on several at once.
pub trait Intake {
    /// Stores them. What was stored when it fails is told again, which is harmless.
    fn take(
        &mut self,
        shop: &ShopId,
        told: Vec<Told>,
    ) -> impl Future<Output = Result<Taken, UseCaseError>> + Send;

    /// Hears how far the import is; answers whether there is time for more. Called after each piece.
    fn goes_on(&mut self, taken: Taken) -> impl Future<Output = Result<bool, UseCaseError>> + Send;
}

/// A data file to be taken in.
#[derive(Debug)]
pub struct DataFile<'a, R> {
    /// What it is.
    pub upload: &'a Upload,
    /// Its name without folders; one that ends in `.gz` is unpacked.
    pub name: &'a str,
    /// Its content.
    pub read: R,
    /// What an earlier attempt took of this very file: it is read again from the start and so much is passed over.
    pub resume: Taken,
    /// Publishes a feed that was held for being much smaller, once somebody has looked; its name may say so as well.
    pub allow_shrink: bool,
}

/// How an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of the file was looked at, and the report tells what was taken.
    Done,
    /// The file was refused or held; what was in use stays in use.
    Kept,
    /// There was no time for the rest: go on from what was taken. The report is not complete.
    Unfinished,
}

/// What to do about receipts or people that cannot be stored.
const TOO_LARGE: &str = "see whether the column of the receipt's number tells one receipt from another, then upload the file again; \
                         docs/adr/0001 tells what a person or an order may hold";

/// What stands in the report of a feed that was not published.
const KEPT: &str = "the last good version stays in use";

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Imported {
    /// The report.
    pub report: FileReport,
    /// What became of it, in words.
    pub outcome: String,
    /// Receipts or people of whom something new was told.
    #[serde(flatten)]
    pub taken: Taken,
    /// How it ended.
    #[serde(skip)]
    pub ending: Ending,
}

impl Imported {
    fn of(report: FileReport, outcome: String, ending: Ending) -> Self {
        Self { report, outcome, taken: Taken::default(), ending }
    }

    fn of_feed<C>(report: FileReport, outcome: &FeedImport<C>, words: impl Fn(&C) -> String) -> Self {
        match outcome {
            FeedImport::Published(change) => Self::of(report, words(change), Ending::Done),
            FeedImport::Held => Self::of(report, format!("held: {KEPT}"), Ending::Kept),
            FeedImport::Refused => Self::of(report, format!("refused: {KEPT}"), Ending::Kept),
        }
    }

    fn of_rows(report: FileReport, words: &str) -> Self {
        let outcome = format!("{} {words}", report.accepted);
        Self::of(report, outcome, Ending::Done)
    }
}

/// Takes in one thing that a file tells; answers whether it was new.
///
/// # Errors
/// As [`receive_order`] and [`take_contact`].
pub async fn take_told<W>(
    desk: Desk<'_, W>,
    shop: &ShopId,
    told: &Told,
    now: Timestamp,
) -> Result<bool, UseCaseError>
where
    W: Orders + Contacts + DueList + Products,
{
    match told {
        Told::Order(event) => Ok(receive_order(desk, event, now).await? != Receipt::Known),
        Told::Contact(row) => take_contact(desk, shop, row, now).await,
    }
}

/// Takes in a data file.
///
/// # Errors
/// [`UseCaseError`] of the store, or when the shop is not configured; a bad file is no error but a report.
pub async fn import_upload<W, R, I>(
    desk: Desk<'_, W>,
    file: DataFile<'_, R>,
    intake: &mut I,
) -> Result<Imported, UseCaseError>
where
    W: Products + CouponStock,
    R: Read + Send,
    I: Intake,
{
    let label = format!("{}/{}", file.upload.folder(), file.name);
    let allow_shrink = file.allow_shrink || allows_shrink(file.name);
    match file.upload {
        Upload::Products(shop, language) => {
            let feed = (shop, *language);
            let (outcome, report) = import_products(desk, feed, &label, file.read, allow_shrink).await?;
            Ok(Imported::of_feed(report, &outcome, product_words))
        }
        Upload::Lists(shop) => {
            let (outcome, report) = import_lists(desk, shop, &label, file.read, allow_shrink).await?;
            Ok(Imported::of_feed(report, &outcome, |lists| format!("published: {lists} lists")))
        }
        Upload::Coupons(pool) => {
            let report = import_coupons(desk, pool, &label, unpacked(file.name, file.read)).await?;
            Ok(Imported::of_rows(report, "codes taken"))
        }
        Upload::Orders(shop) => {
            let shop = desk.shop(shop)?;
            let Some(context) = till_context(shop) else {
                return Err(UseCaseError::NoShop(shop.id.clone()));
            };
            let till = TillImport::open(shop, &context, &label, unpacked(file.name, file.read));
            take_all(shop, Teller::Till(Box::new(till)), file.resume, intake).await
        }
        Upload::Contacts(shop) => {
            let shop = desk.shop(shop)?;
            let people = People::open(shop, &label, unpacked(file.name, file.read));
            take_all(shop, Teller::People(Box::new(people)), file.resume, intake).await
        }
    }
}

async fn take_all<R: Read + Send, I: Intake>(
    shop: &Shop,
    mut teller: Teller<'_, R>,
    resume: Taken,
    intake: &mut I,
) -> Result<Imported, UseCaseError> {
    teller.pass_over(resume.all());
    let mut taken = resume;
    let mut ending = Ending::Done;
    loop {
        let told = teller.next_told(PIECE);
        if told.is_empty() {
            break;
        }
        taken += intake.take(&shop.id, told).await?;
        if !intake.goes_on(taken).await? {
            ending = Ending::Unfinished;
            break;
        }
    }
    let noun = teller.noun();
    let outcome = format!("{} {noun} stored, {} known before", taken.stored, taken.known);
    let mut report = teller.finish();
    if taken.refused > 0 {
        let problem =
            format!("{} {noun} were not stored: an order or its buyer grew too large", taken.refused);
        report.error(0, problem, TOO_LARGE);
    }
    Ok(Imported { taken, ..Imported::of(report, outcome, ending) })
}

fn product_words(change: &FeedChange) -> String {
    format!(
        "published: {} new, {} changed, {} gone, {} as before",
        change.added, change.changed, change.removed, change.unchanged
    )
}
