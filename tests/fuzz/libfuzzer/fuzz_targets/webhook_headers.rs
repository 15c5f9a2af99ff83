#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    nachklang_fuzz::webhook_headers::check(data);
});
