use super::*;

fn uploaded(files: &[(&str, &[u8])]) -> Uploaded {
    files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect()
}

/// What is wrong with a file: line and problem of each finding.
fn wrong(draft: &Draft, file: &str) -> Vec<(u64, String)> {
    let reports = draft.reports.iter().filter(|report| report.file == file);
    reports
        .flat_map(|report| &report.findings)
        .map(|finding| (finding.line, finding.problem.clone()))
        .collect()
}

#[test]
fn a_line_that_is_no_utf8_is_named() {
    let draft = Draft::read(&uploaded(&[("shops/de.toml", b"# one\nname = \"M\xfcller\"\n")]));
    assert!(wrong(&draft, "shops/de.toml").contains(&(2, "the line is no UTF-8".to_owned())));
    assert!(draft.catalog.is_none() && draft.has_errors());
}

#[test]
fn a_mail_s_folder_that_is_misnamed_is_told_once() {
    let draft =
        Draft::read(&uploaded(&[("mails/Big Thanks/de.toml", b""), ("mails/Big Thanks/en.toml", b"")]));
    let problems = wrong(&draft, "mails/Big Thanks");
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn what_lies_elsewhere_is_no_part_of_it() {
    let stray: &[(&str, &[u8])] = &[
        ("shops/notes.txt", b"\xff"),
        ("shops/old/de.toml", b"\xff"),
        ("flows/README.md", b"\xff"),
        ("mails/note.md", b"\xff"),
        ("mails/thanks/old/de.toml", b"\xff"),
        ("feeds/de/products.de.xml", b"\xff"),
    ];
    assert!(mail_files(&uploaded(stray), &mut Vec::new()).is_empty());
    let draft = Draft::read(&uploaded(stray));
    assert!(draft.files.is_empty() && draft.mails.is_empty());
    let nothing = Draft::read(&Uploaded::new());
    assert_eq!(draft.reports, nothing.reports);
}

#[test]
fn no_mail_is_judged_while_a_shop_cannot_be_read() {
    let mail: (&str, &[u8]) = ("mails/thanks/de.toml", b"not a mail");
    let draft = Draft::read(&uploaded(&[("shops/brand.toml", b"name = "), mail]));
    assert!(draft.demands.is_none() && draft.mails.is_empty());
    assert!(wrong(&draft, mail.0).is_empty(), "{:?}", draft.reports);
    assert_eq!(wrong(&draft, "shops/brand.toml").len(), 1);
}
