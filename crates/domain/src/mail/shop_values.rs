//! What the template engine reads of shops, kept from mail to mail.

use std::sync::{Mutex, PoisonError};

use minijinja::Value;

use super::data::ShopData;

/// Most shops and languages that are kept: more than a brand has, so that strange data cannot fill the memory.
const MOST: usize = 64;

/// The engine's values of the shops that mails were rendered for.
///
/// A shop says the same in all its mails of a language, and its values are an eighth of what a mail makes.
#[derive(Debug, Default)]
pub(super) struct ShopValues(Mutex<Vec<(ShopData, Value)>>);

impl ShopValues {
    /// The values of a shop, made anew only if another one was rendered before.
    pub(super) fn of(&self, shop: &ShopData) -> Value {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, value)) = kept.iter().find(|(known, _)| known == shop) {
            return value.clone();
        }
        if kept.len() == MOST {
            kept.clear();
        }
        let value = shop.to_value();
        kept.push((shop.clone(), value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{data, key};
    use super::super::published::AddressForm::Informal;
    use super::*;

    #[test]
    fn every_shop_has_its_own_values_however_many_there_are() {
        let values = ShopValues::default();
        let shop = data(&key("de", "charm-club", Informal)).shop;
        let named =
            |number: usize| ShopData { name: format!("Lunaria {}", number % (MOST + 7)), ..shop.clone() };
        for number in 0..3 * MOST {
            let shop = named(number);
            assert_eq!(values.of(&shop).get_attr("name").unwrap().as_str(), Some(shop.name.as_str()));
            assert_eq!(values.of(&shop).get_attr("postal").unwrap().as_str(), Some(shop.postal.as_str()));
            assert!(values.0.lock().unwrap().len() <= MOST);
        }
    }
}
