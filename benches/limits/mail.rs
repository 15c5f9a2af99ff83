//! P4 to P6: publishing the starter mail `topsellers`, rendering it, and making a message of it.

use divan::Bencher;
use nachklang_benches::mail::{Ready, demand, envelope, files, published};
use nachklang_domain::mail::render::MailRenderer;

#[divan::bench]
fn render_one_mail(bencher: Bencher<'_, '_>) {
    let ready = Ready::new();
    bencher
        .bench_local(|| ready.renderer.render(divan::black_box(&ready.key), divan::black_box(&ready.data)));
}

#[divan::bench]
fn render_to_message(bencher: Bencher<'_, '_>) {
    let ready = Ready::new();
    bencher.with_inputs(envelope).bench_local_values(|envelope| ready.message(envelope));
}

#[divan::bench]
fn publish_in_five_languages(bencher: Bencher<'_, '_>) {
    let (files, demand) = (files(), demand());
    bencher.bench_local(|| published(divan::black_box(&files), &demand));
}

/// What a sender does once per mail version, not per mail.
#[divan::bench]
fn parse_all_templates(bencher: Bencher<'_, '_>) {
    let mail = published(&files(), &demand());
    bencher.bench_local(|| MailRenderer::new(divan::black_box(&mail)));
}
