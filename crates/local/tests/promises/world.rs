//! A data folder and the program at work in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The key of the contact ids; that of the dry run, so that both put the same people into the same variant.
const CONTACT_KEY: &str = "a dry run keeps nothing";

/// A folder of its own, thrown away at the end.
pub struct World {
    folder: tempfile::TempDir,
    content: PathBuf,
}

/// What a command answered.
pub struct Answer {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    pub fn said(&self, words: &str) -> bool {
        self.out.contains(words) || self.err.contains(words)
    }

    /// Fails with all that was said unless the words are among it.
    pub fn must_say(&self, words: &str) {
        assert!(self.said(words), "{words:?} is missing in:\n{}{}", self.out, self.err);
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            ok: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The starter content of this repository.
pub fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates")
}

impl World {
    /// A new world over the starter content.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), content: templates() }
    }

    /// A new world over a copy of the starter content, to be changed: [`World::content`].
    pub fn with_own_content() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let content = folder.path().join("content");
        copy(&templates(), &content);
        Self { folder, content }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn content(&self, path: &str) -> PathBuf {
        self.content.join(path)
    }

    /// Replaces a text in a file of the own content; it must be there.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.content(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}");
        std::fs::write(self.content(path), text.replacen(from, to, 1)).unwrap();
    }

    /// Writes a file beside the data folder.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with its arguments, separated by spaces; not started yet.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nachklang"));
        command
            .args(arguments.split_whitespace())
            .arg("--data")
            .arg(self.data())
            .arg("--content")
            .arg(&self.content)
            .env("NACHKLANG_SECRET_CONTACT_KEY", CONTACT_KEY)
            .env_remove("NACHKLANG_LOG")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &str) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the program on a file.
    pub fn run_on(&self, arguments: &str, file: &Path) -> Answer {
        self.command(arguments).arg(file).output().unwrap().into()
    }

    /// Runs the program, which must succeed.
    pub fn must(&self, arguments: &str) -> Answer {
        let answer = self.run(arguments);
        assert!(answer.ok, "{arguments}: {}{}", answer.out, answer.err);
        answer
    }

    /// Runs the program on a file, which must succeed.
    pub fn must_on(&self, arguments: &str, file: &Path) -> Answer {
        let answer = self.run_on(arguments, file);
        assert!(answer.ok, "{arguments}: {}{}", answer.out, answer.err);
        answer
    }

    pub fn status(&self) -> Value {
        self.must("status --json").json()
    }

    /// What `explain` tells of the one order with this number or key.
    pub fn explain(&self, order: &str) -> Value {
        let told = self.must(&format!("explain {order} --json")).json();
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        told[0].clone()
    }

    /// The files below a folder of the data folder that end so.
    pub fn names(&self, folder: &str, ending: &str) -> BTreeSet<String> {
        let Ok(entries) = std::fs::read_dir(self.data().join(folder)) else {
            return BTreeSet::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(ending)).collect()
    }

    /// The mails of the outbox: to whom, and the coupon code that is printed in it.
    pub fn mails(&self) -> BTreeMap<String, (String, Option<String>)> {
        let read = |name: String| {
            let eml = std::fs::read(self.data().join("outbox").join(&name)).unwrap();
            let mail = mail_parser::MessageParser::default().parse(&eml).unwrap();
            let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap().to_owned();
            let code = printed_code(&mail.body_text(0).unwrap());
            assert_eq!(code, printed_code(&mail.body_html(0).unwrap()), "text and HTML differ in {name}");
            (name, (to, code))
        };
        self.names("outbox", ".eml").into_iter().map(read).collect()
    }
}

/// The first word of a text that looks like a code of the pools.
fn printed_code(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    let words = text.split(|c: char| !is_part(c));
    let is_code = |word: &&str| ["DANKE-", "MERCI-", "THANKS-"].iter().any(|prefix| word.starts_with(prefix));
    words.filter(is_code).map(str::to_owned).next()
}

/// A number of a JSON object.
pub fn number(json: &Value, name: &str) -> u64 {
    json[name].as_u64().unwrap_or_else(|| panic!("{name} is no number in {json}"))
}

/// The sum of the numbers of a JSON object.
pub fn sum(json: &Value) -> u64 {
    json.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

/// Every order is mailed, waits, or has one reason; nobody's mail has an unknown end.
pub fn assert_adds_up(status: &Value) {
    let ends = number(status, "mailed") + number(status, "waiting") + sum(&status["skipped"]);
    assert_eq!((number(status, "orders"), number(status, "unsettled")), (ends, 0), "{status}");
    assert_eq!(sum(&status["segments"]), number(status, "mailed"), "{status}");
    assert_eq!(sum(&status["languages"]), number(status, "mailed"), "{status}");
}

/// No code is in two hands, nobody has two codes of an edition, and each mail shows the code of its reader.
pub fn assert_codes_are_personal(world: &World) {
    let rows = world.must("export-coupons --json").json();
    let (mut codes, mut holders) = (BTreeMap::new(), BTreeSet::new());
    for row in rows.as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        let known = codes.insert(text("code"), (text("email"), text("mail")));
        assert!(known.is_none(), "code {} is held twice", text("code"));
        let holder = (text("shop"), text("contact"), text("edition"));
        assert!(holders.insert(holder), "contact {} holds two codes", text("contact"));
        assert_eq!(text("state"), "sent", "{row}");
    }
    let mails = world.mails();
    for (mail, (to, code)) in &mails {
        let holder = code.as_ref().map(|code| &codes[code].0);
        assert!(holder.is_none_or(|holder| holder == to), "{mail} shows somebody else's code");
    }
    let shown: BTreeSet<_> = mails.values().filter_map(|(_, code)| code.clone()).collect();
    assert_eq!(
        shown,
        codes.into_keys().collect(),
        "a code is held that no mail shows, or the other way round"
    );
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() { copy(&path, &to) } else { std::fs::copy(&path, &to).map(drop).unwrap() }
    }
}
