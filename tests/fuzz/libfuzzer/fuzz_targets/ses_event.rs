#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    nachklang_fuzz::ses_event::check(data);
});
