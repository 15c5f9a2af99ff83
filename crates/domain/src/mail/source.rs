//! The files of a mail as a marketer uploads them.

use std::collections::BTreeMap;

use super::findings::{Fault, Findings};
use super::publish::PublishErrors;
use super::texts::LanguageTexts;
use crate::id::MailName;
use crate::language::Language;
use crate::report::FileReport;

/// The MJML layout's file name.
pub const HTML_LAYOUT: &str = "mail.mjml";
/// The text layout's file name.
pub const TEXT_LAYOUT: &str = "mail.txt";
/// Most languages of a mail: each is compiled for every segment and address form. Europe has some forty.
const MAX_LANGUAGES: usize = 60;

/// The files of a mail, read but not yet checked against each other.
#[derive(Debug)]
pub struct MailSource {
    name: MailName,
    pub(super) html: String,
    pub(super) text: String,
    pub(super) languages: BTreeMap<Language, LanguageTexts>,
    warnings: Vec<FileReport>,
}

impl MailSource {
    /// Reads the files of the folder `mails/<name>/`, given by their names in it: `mail.mjml`, `mail.txt` and one
    /// `<language>.toml` per language.
    ///
    /// # Errors
    /// [`PublishErrors`] lists per file and line what is missing or cannot be read.
    pub fn parse(name: &MailName, files: &BTreeMap<String, Vec<u8>>) -> Result<Self, PublishErrors> {
        let mut findings = Findings::default();
        let html = required(name, HTML_LAYOUT, files, &mut findings);
        let text = required(name, TEXT_LAYOUT, files, &mut findings);
        let mut languages = BTreeMap::new();
        if files.len() > MAX_LANGUAGES + 2 {
            let problem = format!("the mail has more than {MAX_LANGUAGES} languages");
            findings
                .error(&path(name, HTML_LAYOUT), &Fault::new(0, problem, "remove files that no shop needs"));
            return Err(PublishErrors::new(findings));
        }
        for (file, bytes) in files {
            if file != HTML_LAYOUT && file != TEXT_LAYOUT {
                read_language(name, file, bytes, &mut languages, &mut findings);
            }
        }
        match (html, text) {
            (Some(html), Some(text)) if !findings.has_errors() => {
                Ok(Self { name: name.clone(), html, text, languages, warnings: findings.into_reports() })
            }
            _ => Err(PublishErrors::new(findings)),
        }
    }

    /// The mail's name.
    #[must_use]
    pub const fn name(&self) -> &MailName {
        &self.name
    }

    /// The languages that have a file.
    pub fn languages(&self) -> impl Iterator<Item = Language> + '_ {
        self.languages.keys().copied()
    }

    /// What to look at although the files could be read.
    #[must_use]
    pub fn warnings(&self) -> &[FileReport] {
        &self.warnings
    }

    /// The path of one of the mail's files below the bucket's root.
    pub(super) fn path(&self, file: &str) -> String {
        path(&self.name, file)
    }
}

fn path(name: &MailName, file: &str) -> String {
    format!("mails/{name}/{file}")
}

fn required(
    name: &MailName,
    file: &str,
    files: &BTreeMap<String, Vec<u8>>,
    findings: &mut Findings,
) -> Option<String> {
    let Some(bytes) = files.get(file) else {
        let fault = Fault::new(0, "the file is missing", format!("upload {}", path(name, file)));
        findings.error(&path(name, file), &fault);
        return None;
    };
    utf8(&path(name, file), bytes, findings)
}

fn utf8(path: &str, bytes: &[u8], findings: &mut Findings) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(error) => {
            let line = 1 + bytes
                .iter()
                .take(error.valid_up_to())
                .fold(0, |lines, byte| lines + u64::from(*byte == b'\n'));
            findings.error(path, &Fault::new(line, "the file is not UTF-8", "save it as UTF-8"));
            None
        }
    }
}

fn read_language(
    name: &MailName,
    file: &str,
    bytes: &[u8],
    languages: &mut BTreeMap<Language, LanguageTexts>,
    findings: &mut Findings,
) {
    let path = path(name, file);
    let Some(tag) = file.strip_suffix(".toml") else {
        let fault = Fault::new(0, "the file does not belong to a mail", "remove it, or name it like de.toml");
        findings.warning(&path, &fault);
        return;
    };
    let Some(language) = Language::parse(tag).ok().filter(|language| language.as_str() == tag) else {
        let fault =
            Fault::new(0, format!("{tag:?} is no language"), "name the file by two letters, such as de.toml");
        findings.error(&path, &fault);
        return;
    };
    let Some(source) = utf8(&path, bytes, findings) else {
        return;
    };
    match LanguageTexts::parse(&path, &source) {
        Ok(texts) => {
            languages.insert(language, texts);
        }
        Err(faults) => faults.iter().for_each(|fault| findings.error(&path, fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::files;
    use super::*;

    fn parse(files: &BTreeMap<String, Vec<u8>>) -> Result<MailSource, PublishErrors> {
        MailSource::parse(&MailName::parse("topsellers").unwrap(), files)
    }

    #[test]
    fn each_language_has_its_file() {
        let source = parse(&files()).unwrap();
        let languages: Vec<_> = source.languages().map(|language| language.to_string()).collect();
        assert_eq!(languages, ["de", "en"]);
        assert_eq!(source.warnings(), []);
    }

    #[test]
    fn missing_and_unreadable_files_are_all_reported_at_once() {
        let mut files = files();
        files.remove("mail.txt");
        files.insert("mail.mjml".to_owned(), b"<mjml>\n\xff".to_vec());
        files.insert("german.toml".to_owned(), Vec::new());
        files.insert("de-AT.toml".to_owned(), Vec::new());
        files.insert("fr.toml".to_owned(), b"[text\n".to_vec());
        let reports = parse(&files).unwrap_err().reports;
        let told: Vec<_> =
            reports.iter().map(|report| (report.file.as_str(), report.findings[0].line)).collect();
        assert_eq!(
            told,
            [
                ("mails/topsellers/de-AT.toml", 0),
                ("mails/topsellers/fr.toml", 1),
                ("mails/topsellers/german.toml", 0),
                ("mails/topsellers/mail.mjml", 2),
                ("mails/topsellers/mail.txt", 0),
            ]
        );
    }

    #[test]
    fn a_stray_file_does_no_harm() {
        let mut files = files();
        files.insert("notes.md".to_owned(), vec![0xff]);
        assert_eq!(parse(&files).unwrap().warnings()[0].file, "mails/topsellers/notes.md");
    }
}
