//! Tokens to a tree of terms.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use super::error::{QueryError, QueryProblem};
use super::field::{FIELDS, FLAGS, Field, Flag};
use super::lex::{Operator, Placed, Token, tokens};
use super::term::{Term, Test};
use super::{MAX_DEPTH, MAX_QUERY, MAX_TERMS};
use crate::text::nearest;

/// A query as a tree; bounded in depth and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
}

impl Node {
    pub(super) fn visit<'n>(&'n self, see: &mut impl FnMut(&'n Term)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.visit(see)),
            Self::Not(node) => node.visit(see),
            Self::Term(term) => see(term),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Option<Node>, QueryError> {
    if text.len() > MAX_QUERY {
        return Err(QueryProblem::TooLong.at(text, 0..text.len()));
    }
    let mut parser = Parser { text, tokens: tokens(text)?.into_iter().peekable(), terms: 0, depth: 0 };
    if parser.tokens.peek().is_none() {
        return Ok(None);
    }
    let node = parser.any("the query")?;
    match parser.tokens.next() {
        None => Ok(Some(node)),
        Some((_, at)) => Err(QueryProblem::Unopened.at(text, at)),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Peekable<IntoIter<Placed>>,
    terms: usize,
    depth: usize,
}

impl Parser<'_> {
    /// Terms with `or` between them.
    fn any(&mut self, after: &'static str) -> Result<Node, QueryError> {
        let mut nodes = vec![self.all(after)?];
        while self.takes("or") {
            nodes.push(self.all("or")?);
        }
        Ok(one_or(nodes, Node::Any))
    }

    /// Terms side by side, with or without `and`.
    fn all(&mut self, after: &'static str) -> Result<Node, QueryError> {
        let mut nodes = vec![self.one(after)?];
        loop {
            if self.takes("and") {
                nodes.push(self.one("and")?);
            } else if self.goes_on() {
                nodes.push(self.one("a term")?);
            } else {
                return Ok(one_or(nodes, Node::All));
            }
        }
    }

    fn one(&mut self, after: &'static str) -> Result<Node, QueryError> {
        let end = self.text.len();
        if self.tokens.peek().is_none() || self.is("and") || self.is("or") {
            return Err(QueryProblem::NoTerm { after }.at(self.text, end..end));
        }
        if self.takes("not") {
            return self.deeper(|parser| Ok(Node::Not(Box::new(parser.one("not")?))));
        }
        match self.tokens.next() {
            Some((Token::Not, _)) => self.deeper(|parser| Ok(Node::Not(Box::new(parser.one("!")?)))),
            Some((Token::Open, at)) => self.deeper(|parser| {
                let node = parser.any("(")?;
                match parser.tokens.next() {
                    Some((Token::Close, _)) => Ok(node),
                    _ => Err(QueryProblem::Unclosed.at(parser.text, at)),
                }
            }),
            Some((Token::Close, at)) => Err(match after {
                "the query" => QueryProblem::Unopened,
                _ => QueryProblem::NoTerm { after },
            }
            .at(self.text, at)),
            Some((Token::Operator(operator), at)) => {
                Err(QueryProblem::NoField { operator: operator.mark() }.at(self.text, at))
            }
            Some((Token::Quoted(text), at)) => self.term(at, Test::Word(text)),
            Some((Token::Word(word), at)) => self.word(word, at),
            None => Err(QueryProblem::NoTerm { after }.at(self.text, end..end)),
        }
    }

    /// What begins with a word: a comparison, a flag, or a text to look for.
    fn word(&mut self, word: String, at: Range<usize>) -> Result<Node, QueryError> {
        let Some((Token::Operator(operator), mark)) = self.tokens.next_if(is_operator) else {
            let test = Flag::named(&word).map_or(Test::Word(word), Test::Flag);
            return self.term(at, test);
        };
        let lower = word.to_ascii_lowercase();
        let Some(field) = Field::named(&lower) else {
            let words = FIELDS.iter().map(|each| each.word).chain(FLAGS.iter().map(|each| each.word));
            let near = nearest(&lower, words);
            return Err(QueryProblem::UnknownField { name: word, near }.at(self.text, at));
        };
        let value = self.tokens.next_if(|(token, _)| matches!(token, Token::Word(_) | Token::Quoted(_)));
        let Some((Token::Word(value) | Token::Quoted(value), place)) = value else {
            let problem = QueryProblem::NoValue { field: field.word(), expected: field.kind().expected() };
            return Err(problem.at(self.text, at.start..mark.end));
        };
        match Test::of(field, operator, &value) {
            Ok(test) => self.term(at.start..place.end, test),
            Err(problem) => {
                let wrong = if matches!(problem, QueryProblem::Operator { .. }) { mark } else { place };
                Err(problem.at(self.text, wrong))
            }
        }
    }

    fn term(&mut self, at: Range<usize>, test: Test) -> Result<Node, QueryError> {
        self.terms = self.terms.saturating_add(1);
        if self.terms > MAX_TERMS {
            return Err(QueryProblem::TooManyTerms.at(self.text, at));
        }
        let column = self.text.get(..at.start).map_or(0, |before| before.chars().count());
        Ok(Node::Term(Term { at, column, test }))
    }

    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Node, QueryError>,
    ) -> Result<Node, QueryError> {
        if self.depth >= MAX_DEPTH {
            let at = self.tokens.peek().map_or(self.text.len(), |(_, at)| at.start);
            return Err(QueryProblem::TooDeep.at(self.text, at..at));
        }
        self.depth = self.depth.saturating_add(1);
        let node = read(self);
        self.depth = self.depth.saturating_sub(1);
        node
    }

    /// Whether the next word is this keyword.
    fn is(&mut self, keyword: &str) -> bool {
        self.tokens.peek().is_some_and(|placed| is_keyword(placed, keyword))
    }

    fn takes(&mut self, keyword: &str) -> bool {
        self.tokens.next_if(|placed| is_keyword(placed, keyword)).is_some()
    }

    /// Whether another term stands here.
    fn goes_on(&mut self) -> bool {
        !self.is("or") && !matches!(self.tokens.peek(), None | Some((Token::Close, _)))
    }
}

fn is_operator((token, _): &Placed) -> bool {
    matches!(token, Token::Operator(_))
}

fn is_keyword((token, _): &Placed, keyword: &str) -> bool {
    matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
}

fn one_or(mut nodes: Vec<Node>, several: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            several(nodes)
        }
    }
}

/// How operators compare two ordered values.
pub(super) fn compares<T: PartialOrd>(operator: Operator, left: &T, right: &T) -> bool {
    match operator {
        Operator::Has | Operator::Is => left == right,
        Operator::IsNot => left != right,
        Operator::Less => left < right,
        Operator::AtMost => left <= right,
        Operator::More => left > right,
        Operator::AtLeast => left >= right,
    }
}
