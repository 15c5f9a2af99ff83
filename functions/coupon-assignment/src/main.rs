//! Gives each planned mail its coupon.

use std::process::ExitCode;

use nachklang_aws::config::Function;

fn main() -> ExitCode {
    nachklang_aws::run(Function::CouponAssignment, coupon_assignment::handle)
}
