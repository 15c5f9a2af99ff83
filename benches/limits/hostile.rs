//! P11: mails whose files are small and whose making would not be. `max alloc` is the most that refusing one held.

use std::fmt;

use divan::Bencher;

use super::layouts::{HostileMail, hostile_mails};
use super::mails::{Files, payloads, published, with_markup, with_tag};

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

/// A payload file, and how one of its payloads becomes mails.
struct Payloads {
    name: &'static str,
    lines: &'static str,
    mails: fn(&str) -> [Files; 2],
}

impl fmt::Display for Payloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! payload_file {
    ($name:literal) => {
        include_str!(concat!("../../crates/domain/tests/hostile/payloads/", $name, ".jsonl"))
    };
}

const PAYLOADS: [Payloads; 3] = [
    Payloads { name: "tags that are refused", lines: payload_file!("tags-refused"), mails: with_tag },
    Payloads { name: "tags within bounds", lines: payload_file!("tags-harmless"), mails: with_tag },
    Payloads { name: "markup that is refused", lines: payload_file!("markup-refused"), mails: with_markup },
];

/// One payload after the other, each some times: the slowest sample is that of the slowest payload.
#[divan::bench(args = PAYLOADS, sample_count = 1_000, sample_size = 1)]
fn check_a_mail_with_a_payload(bencher: Bencher<'_, '_>, file: &Payloads) {
    let mails: Vec<Files> = payloads(file.lines).iter().flat_map(|payload| (file.mails)(payload)).collect();
    let mut next = mails.iter().cycle();
    bencher
        .with_inputs(|| next.next().expect("the file has payloads"))
        .bench_local_values(|files| published(divan::black_box(files)).is_ok());
}
