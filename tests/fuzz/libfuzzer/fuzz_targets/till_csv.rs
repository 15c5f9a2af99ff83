#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    nachklang_fuzz::till_csv::check(data);
});
