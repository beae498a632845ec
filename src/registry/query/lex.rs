//! A text of the query language cut into words, values and marks.

use std::ops::Range;

use super::error::{QueryError, QueryProblem};

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Has,
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// All operators, the longer ones first.
const OPERATORS: [(&str, Operator); 7] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("!=", Operator::IsNot),
    ("<", Operator::Less),
    (">", Operator::More),
    ("=", Operator::Is),
    (":", Operator::Has),
];

impl Operator {
    pub(super) fn mark(self) -> &'static str {
        OPERATORS.iter().find(|(_, operator)| *operator == self).map_or("", |(mark, _)| mark)
    }

    pub(super) fn at(text: &str) -> Option<Self> {
        OPERATORS.iter().find(|(mark, _)| text.starts_with(mark)).map(|(_, operator)| *operator)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    Not,
    /// Outside quotation marks: a keyword, a field, a flag or a text.
    Word(String),
    Quoted(String),
    Operator(Operator),
}

pub(super) type Placed = (Token, Range<usize>);

/// Cuts a text; what follows an operator is read to the next space or parenthesis, so that values may hold marks.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, QueryError> {
    let mut tokens: Vec<Placed> = Vec::new();
    let mut at = 0;
    while let Some(c) = rest(text, at).chars().next() {
        let start = at;
        let value = matches!(tokens.last(), Some((Token::Operator(_), _)));
        let token = match c {
            _ if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '(' | ')' => {
                at += 1;
                if c == '(' { Token::Open } else { Token::Close }
            }
            '"' => {
                let (quoted, end) = quoted(text, at)?;
                at = end;
                Token::Quoted(quoted)
            }
            _ if !value && Operator::at(rest(text, at)).is_some() => {
                let operator = Operator::at(rest(text, at)).unwrap_or(Operator::Has);
                at += operator.mark().len();
                Token::Operator(operator)
            }
            '!' if !value => {
                at += 1;
                Token::Not
            }
            _ => {
                at = end_of_word(text, at, value);
                Token::Word(text.get(start..at).unwrap_or_default().to_owned())
            }
        };
        tokens.push((token, start..at));
    }
    Ok(tokens)
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

fn end_of_word(text: &str, start: usize, value: bool) -> usize {
    let ends = |(at, c): &(usize, char)| {
        c.is_whitespace()
            || matches!(c, '(' | ')')
            || (!value && *at > 0 && (*c == '"' || Operator::at(rest(text, start + at)).is_some()))
    };
    rest(text, start).char_indices().find(ends).map_or(text.len(), |(at, _)| start + at)
}

/// What stands between two quotation marks, and where it ends; `\` takes the next character as it is.
fn quoted(text: &str, start: usize) -> Result<(String, usize), QueryError> {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in rest(text, start + 1).char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Ok((value, start + 1 + at + 1)),
            _ => value.push(c),
        }
    }
    Err(QueryProblem::Quote.at(text, start..text.len()))
}
