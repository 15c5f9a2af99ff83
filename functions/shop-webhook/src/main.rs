//! Takes what shops tell about orders.

use std::process::ExitCode;

use nachklang_aws::config::Function;

fn main() -> ExitCode {
    nachklang_aws::run(Function::ShopWebhook, shop_webhook::handle)
}
