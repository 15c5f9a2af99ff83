//! The blocks that are open at a place of a template, and the names that hold there.

use super::expression::{self, Checked};
use super::findings::Fault;
use super::schema::{DATA, LOOP, Shape};
use super::token::{Token, tokens};

/// Deepest nesting of blocks: rows of products need two.
const MAX_BLOCKS: usize = 12;
/// Deepest nesting of loops: the product of their lengths is the length of the mail.
const MAX_LOOPS: usize = 3;
/// Most branches of one `if`: the engine's parser recurses over them.
const MAX_BRANCHES: usize = 16;

/// An open block.
#[derive(Debug)]
struct Block {
    kind: Kind,
    line: u64,
    /// Where it was opened: it must close within the same text or attribute value.
    place: usize,
}

#[derive(Debug)]
enum Kind {
    If { branches: usize },
    For { name: String, item: Shape },
}

/// The open blocks, outermost first.
#[derive(Debug, Default)]
pub(super) struct Scope {
    blocks: Vec<Block>,
}

impl Scope {
    /// What a name stands for here, loop variables first.
    pub(super) fn resolve(&self, name: &str) -> Option<Shape> {
        let looped = self.blocks.iter().rev().find_map(|block| match &block.kind {
            Kind::For { name: known, item } if known == name => Some(*item),
            Kind::For { .. } if name == "loop" => Some(LOOP),
            _ => None,
        });
        looped.or_else(|| DATA.field(name))
    }

    /// The names that hold here, for a remedy.
    pub(super) fn names(&self) -> String {
        let mut names = DATA.field_names();
        for block in &self.blocks {
            if let Kind::For { name, .. } = &block.kind {
                names = format!("{names}, {name}");
            }
        }
        names
    }

    /// How many blocks are open.
    pub(super) fn depth(&self) -> usize {
        self.blocks.len()
    }

    /// Checks an expression that is written out.
    pub(super) fn expression(&self, body: &str, line: u64) -> Result<Checked, Fault> {
        let checked = expression::check(body, line, self)?;
        if let Some(Shape::Record(_) | Shape::List(_)) = checked.path {
            return Err(Fault::new(
                line,
                format!("{body} holds several values and cannot be written as a text"),
                "name one of its fields, or loop over it",
            ));
        }
        Ok(checked)
    }

    /// Takes in a statement; `place` is the text or attribute value it stands in.
    pub(super) fn statement(&mut self, body: &str, line: u64, place: usize) -> Result<(), Fault> {
        let word = body.split_whitespace().next().unwrap_or_default();
        let rest = body.strip_prefix(word).unwrap_or_default().trim();
        match (word, rest) {
            ("if", _) => self.open_if(rest, line, place),
            ("for", _) => self.open_for(rest, line, place),
            ("elif", _) => {
                expression::check(rest, line, self)?;
                self.branch(line, place)
            }
            ("else", "") => self.branch(line, place),
            ("endif" | "endfor", "") => self.close(word, line, place),
            _ => Err(Fault::new(
                line,
                format!("{{% {word} %}} is not available in a mail"),
                "use if, elif, else, endif, for and endfor only",
            )),
        }
    }

    /// Fails if a block is still open.
    pub(super) fn finish(&self) -> Result<(), Fault> {
        self.blocks.last().map_or(Ok(()), |block| {
            Err(Fault::new(
                block.line,
                "a block is opened here and never closed",
                "add {% endif %} or {% endfor %}",
            ))
        })
    }

    fn open_if(&mut self, condition: &str, line: u64, place: usize) -> Result<(), Fault> {
        expression::check(condition, line, self)?;
        self.open(Kind::If { branches: 1 }, line, place)
    }

    fn open_for(&mut self, rest: &str, line: u64, place: usize) -> Result<(), Fault> {
        let (name, list) = rest.split_once(" in ").ok_or_else(|| bad_loop(line))?;
        let name = name.trim();
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if name.is_empty() || !plain || DATA.field(name).is_some() || name == "loop" {
            return Err(bad_loop(line));
        }
        let item = self.item_of(list, line)?;
        let name = name.to_owned();
        self.open(Kind::For { name, item }, line, place)
    }

    /// What a loop over `list` gives: only a list of the data, or one cut into rows by `batch`.
    fn item_of(&self, list: &str, line: u64) -> Result<Shape, Fault> {
        let path = list.split('|').next().unwrap_or_default().trim();
        let checked = expression::check(list, line, self)?;
        let shape = expression::check(path, line, self)?.path;
        let filters = list.strip_prefix(path).unwrap_or_default().trim();
        match shape {
            Some(Shape::List(item)) if checked.path.is_some() => Ok(*item),
            Some(rows @ Shape::List(_)) if is_batch(filters, line)? => Ok(rows),
            _ => Err(bad_loop(line)),
        }
    }

    fn open(&mut self, kind: Kind, line: u64, place: usize) -> Result<(), Fault> {
        let loops = self.blocks.iter().filter(|block| matches!(block.kind, Kind::For { .. })).count();
        let too_many_loops = matches!(kind, Kind::For { .. }) && loops >= MAX_LOOPS;
        if self.blocks.len() >= MAX_BLOCKS || too_many_loops {
            return Err(Fault::new(
                line,
                format!("blocks are nested deeper than {MAX_BLOCKS}, or loops deeper than {MAX_LOOPS}"),
                "write the layout flatter",
            ));
        }
        self.blocks.push(Block { kind, line, place });
        Ok(())
    }

    fn branch(&mut self, line: u64, place: usize) -> Result<(), Fault> {
        let block = self.blocks.last_mut().ok_or_else(|| unopened(line))?;
        same_place(block, line, place)?;
        match &mut block.kind {
            Kind::If { branches } if *branches < MAX_BRANCHES => *branches += 1,
            Kind::If { .. } => {
                return Err(Fault::new(
                    line,
                    format!("one if has more than {MAX_BRANCHES} branches"),
                    "use fewer",
                ));
            }
            Kind::For { .. } => {}
        }
        Ok(())
    }

    fn close(&mut self, word: &str, line: u64, place: usize) -> Result<(), Fault> {
        let block = self.blocks.pop().ok_or_else(|| unopened(line))?;
        same_place(&block, line, place)?;
        match (&block.kind, word) {
            (Kind::If { .. }, "endif") | (Kind::For { .. }, "endfor") => Ok(()),
            _ => Err(Fault::new(
                line,
                format!("{word} closes a block of another kind, opened on line {}", block.line),
                "close the inner block first",
            )),
        }
    }
}

fn is_batch(filters: &str, line: u64) -> Result<bool, Fault> {
    Ok(tokens(filters, line)?
        == [Token::Sign("|"), Token::Name("batch"), Token::Sign("("), Token::Number, Token::Sign(")")])
}

/// A block that opens in one attribute and closes in another would move text to where it is escaped differently.
fn same_place(block: &Block, line: u64, place: usize) -> Result<(), Fault> {
    if block.place == place {
        return Ok(());
    }
    Err(Fault::new(
        line,
        format!("the block opened on line {} ends in another attribute or element", block.line),
        "open and close a block within the same text or the same attribute",
    ))
}

fn unopened(line: u64) -> Fault {
    Fault::new(
        line,
        "a block is continued or closed that was never opened",
        "add {% if … %} or {% for … %} before it, or remove it",
    )
}

fn bad_loop(line: u64) -> Fault {
    Fault::new(
        line,
        "a loop does not run over a list of the data",
        "write {% for product in products %}, {% for row in product_rows %}, {% for item in bought %} or {% for line in shop.imprint %}",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs statements one a line; gives the first problem.
    fn problem(statements: &str) -> String {
        let mut scope = Scope::default();
        for (line, body) in (1..).zip(statements.lines()) {
            let checked = match body.strip_prefix("= ") {
                Some(expression) => scope.expression(expression, line).map(|_| ()),
                None => scope.statement(body, line, 0),
            };
            if let Err(fault) = checked {
                return format!("{}: {}", fault.line, fault.problem);
            }
        }
        scope.finish().map_or_else(|fault| format!("{}: {}", fault.line, fault.problem), |()| String::new())
    }

    #[test]
    fn loops_run_over_the_data_and_name_its_items() {
        for good in [
            "for p in products\n= p.title\nif p.old_price\n= loop.index\nelse\n= p.price\nendif\nendfor",
            "for row in product_rows\nfor p in row\n= p.link\nendfor\nendfor",
            "for row in bought|batch(3)\nfor item in row\n= item.quantity\nendfor\nelse\nendfor",
            "for p in products[:3]\n= p.title\nendfor",
            "for line in shop.imprint\n= line\nendfor",
            "if coupon\nelif products\nelse\nendif",
        ] {
            assert_eq!(problem(good), "", "{good}");
        }
    }

    #[test]
    fn a_loop_cannot_be_made_longer_than_the_data() {
        for wrong in [
            "for x in 'aaaaaaaa'",
            "for x in [1, 2, 3]",
            "for x in products + products",
            "for x in products|batch(2, 'fill')",
            "for x in products|batch(2)|batch(2)",
            "for x in shop.name",
            "for x in products recursive",
            "for x in products if x.title",
            "for x, y in products",
            "for shop in products",
            "for loop in products",
            "for x in",
        ] {
            assert_ne!(problem(&format!("{wrong}\nendfor")), "", "{wrong}");
        }
        let nested = "for a in products\nfor b in products\nfor c in products\nfor d in products";
        assert_eq!(problem(nested), "4: blocks are nested deeper than 12, or loops deeper than 3");
        assert!(problem(&"if coupon\n".repeat(13)).starts_with("13: blocks"));
        assert!(problem(&format!("if coupon\n{}", "elif coupon\n".repeat(20))).starts_with("17: one if"));
    }

    #[test]
    fn a_name_holds_only_inside_its_loop() {
        assert_eq!(problem("for p in products\nendfor\n= p.title"), "3: p is no data of a mail");
        assert_eq!(problem("for p in products\n= p.sku"), "2: p has no field sku that a mail may show");
        assert_eq!(problem("= shop"), "1: shop holds several values and cannot be written as a text");
    }

    #[test]
    fn blocks_are_balanced() {
        for (wrong, why) in [
            ("if coupon", "1: a block is opened here and never closed"),
            ("endif", "1: a block is continued or closed that was never opened"),
            ("else", "1: a block is continued or closed that was never opened"),
            ("if coupon\nendfor", "2: endfor closes a block of another kind, opened on line 1"),
        ] {
            assert_eq!(problem(wrong), why);
        }
        let mut scope = Scope::default();
        scope.statement("if coupon", 1, 0).unwrap();
        assert!(scope.statement("endif", 2, 5).is_err(), "closed in another attribute");
    }

    #[test]
    fn statements_that_assign_include_or_capture_are_not_available() {
        for word in [
            "set x = 1",
            "with x = 1",
            "include 'a'",
            "import 'a' as b",
            "extends 'a'",
            "macro m()",
            "call m()",
            "filter upper",
            "block a",
            "raw",
            "autoescape false",
            "do x",
            "else x",
            "endif x",
        ] {
            assert!(problem(word).contains("not available"), "{word}: {}", problem(word));
        }
    }
}
