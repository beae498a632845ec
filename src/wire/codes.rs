//! Every stable code of the program with what it means and what to do: one table, for every face.

use std::sync::LazyLock;

/// One stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Code {
    /// The code, as JSON, logs and screens say it.
    pub code: &'static str,
    /// Who meets it: the heading in the table.
    pub topic: &'static str,
    /// What is wrong.
    pub words: &'static str,
    /// What to do.
    pub advice: &'static str,
}

/// All codes, by topic.
pub fn all() -> &'static [Code] {
    &TABLE
}

/// The row of one code.
pub fn find(code: &str) -> Option<&'static Code> {
    TABLE.iter().find(|row| row.code == code)
}

/// What to do about a code; empty for a code that the table does not have.
pub fn advice(code: &str) -> &'static str {
    find(code).map_or("", |row| row.advice)
}

static TABLE: LazyLock<Vec<Code>> = LazyLock::new(|| parse(include_str!("codes.txt")));

/// A heading is `# topic`, a row `code | words | advice`.
fn parse(text: &'static str) -> Vec<Code> {
    let mut topic = "";
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("# ") {
            topic = heading;
            continue;
        }
        let mut parts = line.split(" | ");
        let row = (parts.next(), parts.next(), parts.next(), parts.next());
        if let (Some(code), Some(words), Some(advice), None) = row {
            rows.push(Code { code, topic, words, advice });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_heading_or_a_row() {
        let lines = include_str!("codes.txt").lines();
        let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(rows, all().len());
    }

    #[test]
    fn every_code_is_there_once_in_snake_case_with_words_and_advice() {
        let mut seen = std::collections::HashSet::new();
        for row in all() {
            assert!(seen.insert(row.code), "{} is there twice", row.code);
            let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(row.code.chars().all(snake), "{}", row.code);
            assert!(!row.words.is_empty() && !row.advice.is_empty(), "{}", row.code);
            assert!(!row.advice.ends_with('.'), "{}", row.code);
        }
    }
}
