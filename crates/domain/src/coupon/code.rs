//! tmp
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CouponCode(String);
impl CouponCode {
    pub fn parse(s: &str) -> Result<Self, String> {
        Ok(Self(s.into()))
    }
}
