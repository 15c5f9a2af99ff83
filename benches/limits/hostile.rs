//! P11: mails whose files are small and whose making would not be. `max alloc` is the most that refusing one held.

use std::fmt;

use divan::Bencher;

use super::layouts::{HostileMail, hostile_mails};
use super::mails::published;

/// A hostile mail by what it tries.
struct Named(HostileMail);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

#[divan::bench(args = hostile_mails().into_iter().map(Named), sample_count = 20, sample_size = 1)]
fn refuse_a_hostile_mail(bencher: Bencher<'_, '_>, mail: &Named) {
    bencher.bench_local(|| {
        let told = published(divan::black_box(&mail.0.files)).err().unwrap_or_default();
        assert!(told.contains(mail.0.told), "{mail}: {told}");
    });
}
