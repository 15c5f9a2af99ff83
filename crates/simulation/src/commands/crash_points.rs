//! `crash-points`: every place at which a small day can break off.

use std::process::ExitCode;

use nachklang_domain::id::ShopId;

use crate::content::catalog;
use crate::crash::{MEANWHILE, Points, every_call, every_two_calls, one_mail, restless_day, small_day};
use crate::display::violation;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    let mut good = true;
    let shops = || Ok::<_, anyhow::Error>(catalog()?.shops.keys().map(ShopId::as_str));
    for shop in shops()? {
        for events in [true, false] {
            let told =
                if events { "and all is told of its mails" } else { "and nothing is told of its mails" };
            let points = every_call(&small_day(shop, events)?)?;
            good &= print(&format!("a small day of {shop}, {told}"), &points);
            for after in MEANWHILE {
                let points = every_call(&restless_day(shop, events, after)?)?;
                good &= print(&format!("a restless day of {shop} from {after} ms on, {told}"), &points);
            }
        }
    }
    for shop in shops()? {
        let points = every_two_calls(&one_mail(shop, false)?)?;
        good &= print(&format!("two crashes on the way of one mail of {shop}"), &points);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(name: &str, points: &Points) -> bool {
    println!("{name}: {} calls, {} runs, {} broken", points.places, points.runs, points.broken.len());
    for (faults, ran, broken) in &points.broken {
        let place = |spot| ran.calls.iter().find(|made| made.spot == spot);
        for (spot, fault) in faults {
            let (station, what) = place(*spot).map_or(("", ""), |made| (made.station, made.what));
            println!("  {station}, {what} (call {}): {fault}", spot.call);
        }
        for violated in broken {
            println!("{}", violation(&ran.history, violated));
        }
    }
    points.broken.is_empty()
}
