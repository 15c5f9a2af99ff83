//! tmp
#[derive(Debug, Clone)]
pub struct CouponRow {
    pub line: u64,
    pub code: super::CouponCode,
    pub expires: Option<jiff::civil::Date>,
}
