use std::io;

use proptest::prelude::*;

use super::*;

/// Everything that a reader says about a file: `line:field|field` or `line!problem`.
fn told(bytes: &[u8]) -> Vec<String> {
    let mut reader = DelimitedReader::new(bytes).unwrap();
    let mut told = Vec::new();
    loop {
        match reader.next_row().unwrap() {
            Next::Row(row) => told.push(format!("{}:{}", row.line(), fields(row).join("|"))),
            Next::Refused(refused) => told.push(format!("{}!{}", refused.line, refused.problem)),
            Next::End => return told,
        }
    }
}

fn fields(row: Row<'_>) -> Vec<&str> {
    (0..row.header.names().len()).map(|at| row.at(at)).collect()
}

#[test]
fn every_usual_delimiter_and_line_end_gives_the_same_rows() {
    for delimiter in [",", ";", "\t"] {
        for end in ["\n", "\r\n", "\r"] {
            let file = ["a;b", "1;x y", "", "\"2\";\"q \"\"z\"\"\""].join(end).replace(';', delimiter);
            assert_eq!(told(file.as_bytes()), ["2:1|x y", "4:2|q \"z\""], "{file:?}");
        }
    }
}

#[test]
fn a_line_break_in_a_quoted_field_belongs_to_the_field_and_lines_are_counted_as_in_the_file() {
    assert_eq!(told(b"a,b\n1,\"x\r\ny\"\n2,z\n"), ["2:1|x\ny", "4:2|z"]);
}

#[test]
fn an_unclosed_quote_costs_its_own_row_only() {
    let file = b"a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n";
    assert_eq!(
        told(file),
        ["2!a field begins with a quote that is not closed properly", "3:2|y", "4:3|z", "5:4|w"]
    );
    assert_eq!(told(b"a,b\n1,\"x\n2,y").last().unwrap(), "3:2|y");
    assert_eq!(told(b"a,b\n1,\"x\n2\",\"y\"\n").last().unwrap(), "3:2\"|y");
}

#[test]
fn text_after_a_closing_quote_costs_its_own_row_only() {
    let rows = told(b"a,b\n\"1\" x,2\n\"3\" ,4\n12\" vinyl,5\n");
    assert!(rows[0].starts_with("2!a field begins with a quote"));
    assert_eq!(rows[1..], ["3:3|4", "4:12\" vinyl|5"]);
}

#[test]
fn an_unclosed_quote_that_each_later_line_seems_to_go_on_with_is_given_up_soon() {
    let file = format!("a,b\n{}", "a\",\"x\n".repeat(20_000));
    assert_eq!(told(file.as_bytes()).len(), 20_000);
}

#[test]
fn a_row_with_another_number_of_fields_is_refused_and_the_next_is_read() {
    let rows = told(b"a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n4,5,6\n");
    assert_eq!(rows[0], "2!the row has 2 fields, the header has 3");
    assert_eq!(rows[1], "3!the row has 4 fields, the header has 3");
    assert_eq!(rows[2..], ["4:1|2|3", "5:4|5|6"]);
}

#[test]
fn what_is_beyond_a_cap_is_refused_and_the_next_row_is_read() {
    let too_long = format!("a,b\n1,{}\n2,x\n", "y".repeat(MAX_RECORD));
    assert_eq!(told(too_long.as_bytes()), ["2!the row is longer than 2097152 bytes", "3:2|x"]);
    let wide = format!("a,b\n{}\n2,x\n", ",".repeat(MAX_COLUMNS) + "1");
    assert_eq!(told(wide.as_bytes()), ["2!the row has 1001 columns, more than 1000", "3:2|x"]);
    let field = format!("a,b\n1,{}\n2,x\n", "y".repeat(MAX_FIELD + 1));
    assert_eq!(told(field.as_bytes()), ["2!field 2 is longer than 65536 bytes", "3:2|x"]);
    assert_eq!(told(b"a,b\n1,\0\n2,x\n"), ["2!the row holds a NUL character", "3:2|x"]);
    let quoted = format!("a,b\n1,\"{}\n2,x\n", ("y".repeat(999) + "\n").repeat(MAX_RECORD / 1_000 + 9));
    assert!(told(quoted.as_bytes())[0].starts_with("2!a field begins with a quote"));
    assert_eq!(told(quoted.as_bytes()).last().unwrap(), &format!("{}:2|x", MAX_RECORD / 1_000 + 12));
}

#[test]
fn lines_without_content_are_no_rows() {
    assert_eq!(told(b"\n\na;b\n;\n  \n1;2\n;;;\n"), ["6:1|2"]);
}

#[test]
fn the_delimiter_that_excel_declares_is_taken() {
    assert_eq!(told(b"sep=;\r\na,b;c\r\n1;2,5\r\n"), ["3:1|2,5"]);
}

#[test]
fn columns_are_found_by_name_however_it_is_written() {
    let mut reader = DelimitedReader::new(&b"Invoice No;image_link;;\n 7 ;;;\n"[..]).unwrap();
    assert_eq!(reader.header().names(), ["Invoice No", "image_link"]);
    let Next::Row(row) = reader.next_row().unwrap() else { panic!("a row stands there") };
    assert_eq!((row.get("invoice_no"), row.get("image link"), row.get("x")), (Some("7"), None, None));
}

#[test]
fn a_file_without_a_header_row_is_refused_with_a_remedy() {
    for (bytes, says) in
        [(&b""[..], "empty"), (b"\n;;\n", "empty"), (b"\"a,b\n", "quote"), (b"a\0b\n", "NUL")]
    {
        let error = DelimitedReader::new(bytes).err().unwrap().to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// Gives some bytes and then fails, as a cut download does.
struct Cut(&'static [u8]);

impl Read for Cut {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            count => Ok(count),
        }
    }
}

#[test]
fn a_stream_that_breaks_is_an_error_and_not_the_end_of_the_file() {
    let error = DelimitedReader::new(Cut(b"a,b\n1,2\n")).err().unwrap();
    assert!(matches!(error, DelimitedError::Read { .. }));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic_or_hang(bytes: Vec<u8>) {
        if let Ok(mut reader) = DelimitedReader::new(bytes.as_slice()) {
            while !matches!(reader.next_row().unwrap(), Next::End) {}
        }
    }

    #[test]
    fn what_the_csv_crate_writes_is_read_back(rows in proptest::collection::vec(("[^\r\0]{0,12}", "[a-z\",;\n]{0,12}"), 1..9)) {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["key", "text"]).unwrap();
        rows.iter().for_each(|(key, text)| writer.write_record(["k".to_owned() + key, text.clone()]).unwrap());
        let bytes = writer.into_inner().unwrap();
        let mut reader = DelimitedReader::new(bytes.as_slice()).unwrap();
        for (key, text) in &rows {
            let Next::Row(row) = reader.next_row().unwrap() else { panic!("a row is missing") };
            prop_assert_eq!(row.at(0).to_owned(), format!("k{key}").trim().to_owned());
            prop_assert_eq!(row.at(1), text.trim());
        }
        prop_assert!(matches!(reader.next_row().unwrap(), Next::End));
    }
}
