//! Where the records of a file begin and end; what they say is not looked at.

use std::io::Read;

use super::source::{Source, is_space, nests_too_deep};
use super::{Fault, IngestError, MAX_RECORD, Place};

/// How far the reading goes on behind a line that is too long, to find the next one.
const SKIPPED_LINE: usize = 64 << 20;

/// One record's text, borrowed until the next one is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'f> {
    /// The JSON text, without the white space around it.
    pub text: &'f str,
    /// Where it starts.
    pub place: Place,
}

/// A stream of records from a JSON array, `{"identities": [...]}`, `{"agents": [...]}`, JSON Lines, or
/// objects one after another, pretty-printed or not.
///
/// The first value decides. An object is a wrapper if it names a list before any `did`; its other
/// members are passed over. If it stands alone on its line, every further line is one record.
pub struct Framer<R> {
    source: Source<R>,
    shape: Shape,
    index: u64,
    line: u64,
    length: usize,
    torn_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Unread,
    Array { wrapped: bool, first: bool },
    Lines,
    Objects,
    Done,
}

/// What a member of the first object means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Did,
    List,
    Other,
}

impl<R: Read> Framer<R> {
    /// Reads `reader` from its start; a byte order mark is passed over.
    pub fn new(reader: R) -> Self {
        Self {
            source: Source::new(reader),
            shape: Shape::Unread,
            index: 0,
            line: 1,
            length: 0,
            torn_line: false,
        }
    }

    /// The next record, `None` at the end.
    ///
    /// # Errors
    /// [`IngestError`]; if it is [`IngestError::recoverable`], the next call goes on at the next record,
    /// else it answers `None`.
    #[allow(clippy::should_implement_trait, reason = "a frame borrows from the framer")]
    pub fn next(&mut self) -> Option<Result<Frame<'_>, IngestError>> {
        let place = match self.advance()? {
            Ok(place) => place,
            Err(error) => return Some(Err(error)),
        };
        Some(match std::str::from_utf8(self.record()) {
            Ok(text) => Ok(Frame { text, place }),
            Err(_) => Err(IngestError::new(Fault::NotUtf8, place, None, true)),
        })
    }

    /// The bytes of the last record, also if it was refused; empty if it has no known end.
    pub fn record(&self) -> &[u8] {
        self.source.kept(0..self.length)
    }

    /// Finds the next record, whatever its bytes.
    fn advance(&mut self) -> Option<Result<Place, IngestError>> {
        self.source.release();
        self.length = 0;
        let found = match self.shape {
            Shape::Unread => self.open(),
            Shape::Array { wrapped, first } => self.element(wrapped, first),
            Shape::Lines => self.line(),
            Shape::Objects => self.object(),
            Shape::Done => Ok(false),
        };
        match found {
            Ok(true) => {
                let place = self.place();
                self.index = self.index.saturating_add(1);
                Some(Ok(place))
            }
            Ok(false) => {
                self.shape = Shape::Done;
                None
            }
            Err(fault) => Some(Err(self.refuse(fault))),
        }
    }

    fn place(&self) -> Place {
        Place { line: self.line, index: self.index }
    }

    fn refuse(&mut self, fault: Fault) -> IngestError {
        // A line has a known end even if the record on it has none.
        let recoverable =
            self.shape == Shape::Lines && matches!(fault, Fault::TooDeep | Fault::TooLong | Fault::Truncated);
        if !fault.is_of_a_record() {
            self.source.release();
            self.line = self.source.line();
        }
        let error = IngestError::new(fault, self.place(), None, recoverable);
        if error.recoverable() {
            self.index = self.index.saturating_add(1);
            self.torn_line = self.length == 0;
        } else {
            self.shape = Shape::Done;
        }
        error
    }

    /// Notes where a record starts, and keeps it.
    fn begin(&mut self) {
        self.source.keep();
        self.line = self.source.line();
    }

    fn end(&mut self) -> Result<bool, Fault> {
        let length = self.source.kept_len();
        if length > MAX_RECORD {
            return Err(Fault::TooLong);
        }
        self.length = length;
        Ok(true)
    }

    fn open(&mut self) -> Result<bool, Fault> {
        self.source.skip_byte_order_mark()?;
        match self.source.peek_token()? {
            None => Err(Fault::Empty),
            Some(b'[') => {
                self.source.bump();
                self.element(false, true)
            }
            Some(b'{') => self.first_object(),
            Some(0 | 0x80..) => {
                self.begin();
                Err(Fault::NotUtf8)
            }
            Some(_) => Err(Fault::NoRecords),
        }
    }

    fn element(&mut self, wrapped: bool, first: bool) -> Result<bool, Fault> {
        self.shape = Shape::Array { wrapped, first: false };
        let mut token = self.source.peek_token()?;
        if token == Some(b']') {
            self.source.bump();
            return self.close(wrapped);
        }
        if !first && token.is_some() {
            self.begin();
            self.source.expect(b',', "a comma or ] behind a record")?;
            token = self.source.peek_token()?;
        }
        self.begin();
        match token {
            None => Err(Fault::Truncated),
            Some(b']') => Err(Fault::Structure { expected: "a record behind the comma" }),
            Some(_) => {
                self.source.skip_value(0)?;
                self.end()
            }
        }
    }

    /// Passes over what may follow the list.
    fn close(&mut self, wrapped: bool) -> Result<bool, Fault> {
        if wrapped {
            self.begin();
            self.source.release();
            loop {
                match self.source.peek_token()? {
                    Some(b',') => self.source.bump(),
                    Some(b'}') => break self.source.bump(),
                    Some(_) => {
                        return Err(Fault::Structure { expected: "a comma or } behind the list" });
                    }
                    None => return Err(Fault::Truncated),
                }
                if self.member()? == Member::List && self.source.peek()? == Some(b'[') {
                    return Err(Fault::SecondList);
                }
                self.source.skip_value(0)?;
            }
        }
        match self.source.peek_token()? {
            None => Ok(false),
            Some(_) => Err(Fault::TrailingText),
        }
    }

    /// Passes a member's name and the colon, up to its value.
    fn member(&mut self) -> Result<Member, Fault> {
        self.source.expect(b'"', "the name of a member")?;
        let alone = !self.source.keeps();
        if alone {
            self.source.keep();
        }
        let start = self.source.kept_len();
        self.source.skip_string()?;
        let member = match self.source.kept(start..self.source.kept_len()) {
            b"did\"" => Member::Did,
            b"identities\"" | b"agents\"" => Member::List,
            _ => Member::Other,
        };
        if alone {
            self.source.release();
        }
        self.source.expect(b':', "a colon behind a member's name")?;
        self.source.peek_token()?;
        Ok(member)
    }

    /// Reads the first object up to its end, or up to the list that it wraps.
    fn first_object(&mut self) -> Result<bool, Fault> {
        self.begin();
        self.source.give_up_keeping(true);
        let has_did = match self.first_members() {
            Ok(None) => return self.element(true, true),
            Ok(Some(has_did)) => has_did,
            // If this is the first of many lines, the others can still be read.
            Err(Fault::Structure { .. } | Fault::TooDeep) if self.stands_on_one_line() => {
                self.source.rewind();
                self.shape = Shape::Lines;
                return self.line();
            }
            Err(fault) => return Err(fault),
        };
        if !self.source.keeps() {
            return Err(if has_did { Fault::TooLong } else { Fault::NoRecords });
        }
        self.end()?;
        self.source.give_up_keeping(false);
        self.shape = self.shape_behind_first()?;
        if !has_did && self.source.peek_token()?.is_none() {
            return Err(Fault::NoRecords);
        }
        Ok(true)
    }

    /// Whether the object has a `did`; `None` when the next byte is the first of a list's elements.
    fn first_members(&mut self) -> Result<Option<bool>, Fault> {
        let mut has_did = false;
        self.source.expect(b'{', "an object")?;
        if self.source.peek_token()? == Some(b'}') {
            self.source.bump();
            return Ok(Some(false));
        }
        loop {
            let member = self.member()?;
            has_did |= member == Member::Did;
            if has_did {
                self.source.give_up_keeping(false);
            }
            if member == Member::List && !has_did && self.source.peek()? == Some(b'[') {
                self.source.bump();
                self.source.release();
                return Ok(None);
            }
            self.source.skip_value(1)?;
            match self.source.peek_token()? {
                Some(b',') => self.source.bump(),
                Some(b'}') => {
                    self.source.bump();
                    return Ok(Some(has_did));
                }
                Some(_) => {
                    return Err(Fault::Structure { expected: "a comma or } behind a member" });
                }
                None => return Err(Fault::Truncated),
            }
            self.source.peek_token()?;
        }
    }

    fn stands_on_one_line(&self) -> bool {
        self.source.keeps() && !self.source.kept(0..self.source.kept_len()).contains(&b'\n')
    }

    fn shape_behind_first(&mut self) -> Result<Shape, Fault> {
        if self.record().contains(&b'\n') {
            return Ok(Shape::Objects);
        }
        while let Some(byte) = self.source.peek()? {
            match byte {
                b'\n' => return Ok(Shape::Lines),
                b' ' | b'\t' | b'\r' => self.source.bump(),
                _ => return Ok(Shape::Objects),
            }
        }
        Ok(Shape::Lines)
    }

    fn line(&mut self) -> Result<bool, Fault> {
        if std::mem::take(&mut self.torn_line) {
            self.shape = Shape::Done;
            if !self.source.skip_line(SKIPPED_LINE)? {
                return Ok(false);
            }
            self.shape = Shape::Lines;
        }
        if self.source.peek_token()?.is_none() {
            return Ok(false);
        }
        self.begin();
        let ended = self.source.skip_line(MAX_RECORD.saturating_add(2))?;
        let line = self.source.kept(0..self.source.kept_len());
        let blank = line.iter().rev().take_while(|byte| is_space(**byte)).count();
        let length = line.len().saturating_sub(blank);
        let torn = !ended && line.first() == Some(&b'{') && line.get(length.saturating_sub(1)) != Some(&b'}');
        if length > MAX_RECORD {
            return Err(Fault::TooLong);
        }
        self.length = length;
        if torn {
            return Err(Fault::Truncated);
        }
        if nests_too_deep(self.record()) {
            return Err(Fault::TooDeep);
        }
        Ok(true)
    }

    fn object(&mut self) -> Result<bool, Fault> {
        match self.source.peek_token()? {
            None => Ok(false),
            Some(b'{') => {
                self.begin();
                self.source.skip_value(0)?;
                self.end()
            }
            Some(_) => {
                self.begin();
                Err(Fault::Structure { expected: "another record" })
            }
        }
    }
}
