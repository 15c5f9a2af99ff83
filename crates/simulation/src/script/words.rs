//! A scenario for a person to read.

use std::fmt;

use super::{Action, Purchase, Script};
use crate::fault::Faults;

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, from {} on, quiet from {} on", self.seed, self.start, self.quiet_from)?;
        match &self.faults {
            Faults::Often(of_thousand) => writeln!(f, "faults at {of_thousand} of 1000 calls")?,
            Faults::Exactly(faults) => {
                for (spot, fault) in faults {
                    writeln!(f, "fault at call {} of {:016x}: {fault}", spot.call, spot.invocation)?;
                }
            }
        }
        writeln!(f, "{:?}", self.weather)?;
        self.actions.iter().try_for_each(|action| writeln!(f, "{}  {}", action.at, action.what))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buy(purchase) => write!(f, "{purchase}"),
            Self::Cancel { shop, order } => write!(f, "{shop}: order {order} is cancelled"),
            Self::Return { shop, order, refund, pieces } => {
                let more = if *refund > 1 { "more " } else { "" };
                write!(f, "{shop}: {pieces} {more}pieces of order {order} come back")
            }
            Self::Import { pool, first, count, ends } => {
                write!(f, "{pool}: {count} codes from {first} on are uploaded")?;
                ends.map_or(Ok(()), |ends| write!(f, ", good until {ends}"))
            }
            Self::Void { pool, first, count } => {
                write!(f, "{pool}: {count} codes from {first} on are taken back")
            }
            Self::Unsubscribe { shop, person } => write!(f, "{shop}: person {person} says no"),
            Self::Erase { shop: Some(shop), person } => {
                write!(f, "{shop}: person {person} wants to be forgotten")
            }
            Self::Erase { shop: None, person } => {
                write!(f, "all shops: person {person} wants to be forgotten")
            }
            Self::Switch { stopped } => {
                write!(f, "sending is switched {}", if *stopped { "off" } else { "on" })
            }
            Self::Account { stopped } => {
                write!(f, "the mail account {}", if *stopped { "is stopped" } else { "may send again" })
            }
            Self::Publish(upload) => write!(f, "content is uploaded: {upload:?}"),
            Self::Feed { shop, products } => write!(f, "{shop}: a feed of {products} products is uploaded"),
            Self::Watch => f.write_str("the pools are looked at"),
            Self::Run { shop } => write!(f, "{shop}: the daily run"),
        }
    }
}

impl fmt::Display for Purchase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: order {} of {}", self.shop, self.order, self.placed_at)?;
        match self.person {
            Some(person) => write!(f, " by person {person}")?,
            None => f.write_str(" by nobody known")?,
        }
        let facts =
            [(!self.paid, "not paid"), (self.test, "a test"), (!self.told, "not told that she may object")];
        facts.iter().filter(|(holds, _)| *holds).try_for_each(|(_, words)| write!(f, ", {words}"))
    }
}
