#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    nachklang_fuzz::feed::check_xml(data);
});
