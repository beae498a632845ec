//! A bounded window on a reader, and the scanner that finds where JSON values end.

use std::io::{ErrorKind, Read};
use std::ops::Range;

use super::{Fault, MAX_RECORD};
use crate::encoding::json::MAX_DEPTH;

/// What is read at a time.
const CHUNK: usize = 256 << 10;

/// The part of an input that is being looked at.
///
/// `buffer[next..filled]` is unread. While an item is kept, everything from its start on stays in the
/// buffer, up to [`MAX_RECORD`] bytes.
pub(super) struct Source<R> {
    reader: R,
    buffer: Vec<u8>,
    next: usize,
    filled: usize,
    kept: Option<usize>,
    give_up_keeping: bool,
    line: u64,
    counted: usize,
    ended: bool,
}

/// Why a walk through a window stopped.
enum Step {
    /// The outermost bracket is closed.
    Closed,
    /// A string has begun that holds escapes, or whose end does not lie in the window.
    InString,
    /// The window is at its end.
    MoreNeeded,
}

/// The open brackets of a value that itself lies `below` levels deep; a set bit is a brace.
struct Nest {
    below: u32,
    depth: u32,
    braces: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            next: 0,
            filled: 0,
            kept: None,
            give_up_keeping: false,
            line: 1,
            counted: 0,
            ended: false,
        }
    }

    /// What is read from.
    pub(super) fn reader(&self) -> &R {
        &self.reader
    }

    /// Starts keeping at the next byte.
    pub(super) fn keep(&mut self) {
        self.kept = Some(self.next);
        self.give_up_keeping = false;
    }

    /// Whether a kept item that grows too long is let go instead of refused.
    pub(super) fn give_up_keeping(&mut self, yes: bool) {
        self.give_up_keeping = yes;
    }

    /// Whether something is kept.
    pub(super) fn keeps(&self) -> bool {
        self.kept.is_some()
    }

    /// Lets the kept item go.
    pub(super) fn release(&mut self) {
        self.kept = None;
    }

    /// Goes back to where the kept item starts.
    pub(super) fn rewind(&mut self) {
        self.next = self.kept.unwrap_or(self.next);
    }

    /// How many bytes have been kept and read.
    pub(super) fn kept_len(&self) -> usize {
        self.next.saturating_sub(self.kept.unwrap_or(self.next))
    }

    /// A part of the kept item.
    pub(super) fn kept(&self, part: Range<usize>) -> &[u8] {
        let from = self.kept.unwrap_or(self.next);
        self.buffer.get(from.saturating_add(part.start)..from.saturating_add(part.end)).unwrap_or_default()
    }

    /// The line of the kept item's start, or of the next byte.
    pub(super) fn line(&mut self) -> u64 {
        self.count_lines(self.kept.unwrap_or(self.next));
        self.line
    }

    fn count_lines(&mut self, upto: usize) {
        if let Some(passed) = self.buffer.get(self.counted..upto) {
            let lines = memchr::memchr_iter(b'\n', passed).count();
            self.line = self.line.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
            self.counted = upto;
        }
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.next..self.filled).unwrap_or_default()
    }

    fn pass(&mut self, bytes: usize) {
        self.next = self.next.saturating_add(bytes).min(self.filled);
    }

    /// Reads on; false at the end.
    fn fill(&mut self) -> Result<bool, Fault> {
        // Two bytes of grace: the line break behind a record is not part of it.
        if self.kept.is_some_and(|from| self.filled.saturating_sub(from) > MAX_RECORD.saturating_add(2)) {
            if !self.give_up_keeping {
                return Err(Fault::TooLong);
            }
            self.kept = None;
        }
        if self.ended {
            return Ok(false);
        }
        if self.filled == self.buffer.len() {
            self.make_room();
        }
        loop {
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let space = room.len();
            match self.reader.read(room) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.filled = self.filled.saturating_add(count.min(space));
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Read(error.kind())),
            }
        }
    }

    fn make_room(&mut self) {
        let from = self.kept.unwrap_or(self.next);
        if from == 0 {
            let larger = self.buffer.len().saturating_mul(2);
            self.buffer.resize(larger.clamp(CHUNK, MAX_RECORD.saturating_add(CHUNK)), 0);
            return;
        }
        self.count_lines(from);
        self.buffer.copy_within(from..self.filled, 0);
        self.next = self.next.saturating_sub(from);
        self.filled = self.filled.saturating_sub(from);
        self.counted = self.counted.saturating_sub(from);
        self.kept = self.kept.map(|_| 0);
    }

    /// Passes what was looked at in vain and reads on; refuses a run longer than a record can be.
    fn read_on(&mut self, run: &mut usize) -> Result<bool, Fault> {
        *run = run.saturating_add(self.unread().len());
        if *run > MAX_RECORD {
            return Err(Fault::TooLong);
        }
        self.next = self.filled;
        self.fill()
    }

    /// Skips the byte order mark that some editors put first.
    pub(super) fn skip_byte_order_mark(&mut self) -> Result<(), Fault> {
        while self.unread().len() < 3 && self.fill()? {}
        if self.unread().starts_with(b"\xef\xbb\xbf") {
            self.pass(3);
        }
        Ok(())
    }

    /// The next byte.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Fault> {
        if self.next == self.filled && !self.fill()? {
            return Ok(None);
        }
        Ok(self.unread().first().copied())
    }

    /// The next byte that is not white space.
    pub(super) fn peek_token(&mut self) -> Result<Option<u8>, Fault> {
        let mut run = 0;
        loop {
            match self.unread().iter().position(|byte| !is_space(*byte)) {
                Some(at) => {
                    self.pass(at);
                    return Ok(self.unread().first().copied());
                }
                None if self.read_on(&mut run)? => {}
                None => return Ok(None),
            }
        }
    }

    /// Passes one byte that was looked at.
    pub(super) fn bump(&mut self) {
        self.pass(1);
    }

    /// Passes the next token, which must be `byte`.
    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Fault> {
        match self.peek_token()? {
            Some(found) if found == byte => {
                self.bump();
                Ok(())
            }
            Some(_) => Err(Fault::Structure { expected }),
            None => Err(Fault::Truncated),
        }
    }

    /// Passes up to the line break, not beyond; false if the input ends without one.
    pub(super) fn skip_line(&mut self, limit: usize) -> Result<bool, Fault> {
        let mut run = 0_usize;
        loop {
            let unread = self.unread();
            if let Some(at) = memchr::memchr(b'\n', unread) {
                self.pass(at);
                return Ok(true);
            }
            run = run.saturating_add(unread.len());
            self.next = self.filled;
            if run > limit {
                return Err(Fault::TooLong);
            }
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// Passes one value that starts at the next byte and lies `below` levels deep.
    pub(super) fn skip_value(&mut self, below: u32) -> Result<(), Fault> {
        match self.peek()? {
            Some(b'{' | b'[') => self.skip_nested(below),
            Some(b'"') => {
                self.bump();
                self.skip_string()
            }
            Some(_) => self.skip_scalar(),
            None => Err(Fault::Truncated),
        }
    }

    fn skip_nested(&mut self, below: u32) -> Result<(), Fault> {
        let mut nest = Nest { below, depth: below, braces: 0 };
        let mut run = 0;
        loop {
            let unread = self.unread();
            let (step, behind) = nest.walk(unread)?;
            let walked = unread.len().saturating_sub(behind);
            self.pass(walked);
            if walked > 0 {
                run = 0;
            }
            match step {
                Step::Closed => return Ok(()),
                Step::InString => self.skip_string()?,
                Step::MoreNeeded if self.read_on(&mut run)? => {}
                Step::MoreNeeded => return Err(Fault::Truncated),
            }
        }
    }

    /// Passes the rest of a string whose opening quote has been passed.
    pub(super) fn skip_string(&mut self) -> Result<(), Fault> {
        let mut run = 0_usize;
        loop {
            let unread = self.unread();
            let found = memchr::memchr3(b'"', b'\\', b'\n', unread);
            match found.and_then(|at| Some((at, *unread.get(at)?))) {
                Some((at, b'"')) => {
                    self.pass(at.saturating_add(1));
                    return Ok(());
                }
                // No string of JSON holds a raw line break: it was torn here.
                Some((at, b'\n')) => {
                    self.pass(at);
                    return Err(Fault::Structure { expected: "the end of a string" });
                }
                Some((at, _)) => {
                    run = run.saturating_add(at).saturating_add(2);
                    self.pass(at.saturating_add(1));
                    if run > MAX_RECORD {
                        return Err(Fault::TooLong);
                    }
                    if self.peek()?.is_some_and(|byte| byte != b'\n') {
                        self.bump();
                    }
                }
                None if self.read_on(&mut run)? => {}
                None => return Err(Fault::Truncated),
            }
        }
    }

    fn skip_scalar(&mut self) -> Result<(), Fault> {
        let mut run = 0;
        let start = self.unread().first().copied();
        if start.is_some_and(|byte| matches!(byte, b',' | b':' | b']' | b'}')) {
            return Err(Fault::Structure { expected: "a value" });
        }
        loop {
            let ends =
                |byte: &u8| is_space(*byte) || matches!(byte, b',' | b':' | b']' | b'}' | b'[' | b'{' | b'"');
            match self.unread().iter().position(ends) {
                Some(at) => {
                    self.pass(at);
                    return Ok(());
                }
                None if self.read_on(&mut run)? => {}
                None => return Ok(()),
            }
        }
    }
}

impl Nest {
    /// Walks through one window; answers why it stopped and how many bytes are left behind that point.
    ///
    /// Strings without escapes, which are nearly all, are passed here, without leaving the loop.
    fn walk(&mut self, window: &[u8]) -> Result<(Step, usize), Fault> {
        let mut rest = window;
        loop {
            let found = rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'));
            let Some((byte, behind)) = found.and_then(|at| rest.get(at..)?.split_first()) else {
                return Ok((Step::MoreNeeded, rest.len()));
            };
            rest = behind;
            match byte {
                b'"' => match memchr::memchr3(b'"', b'\\', b'\n', behind).and_then(|end| behind.get(end..)) {
                    Some([b'"', behind @ ..]) => rest = behind,
                    _ => return Ok((Step::InString, behind.len())),
                },
                b'{' | b'[' => self.open(*byte)?,
                _ if self.close(*byte)? => return Ok((Step::Closed, behind.len())),
                _ => {}
            }
        }
    }

    fn open(&mut self, bracket: u8) -> Result<(), Fault> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.depth = self.depth.saturating_add(1);
        self.braces = (self.braces << 1) | u64::from(bracket == b'{');
        Ok(())
    }

    /// True when the outermost bracket is closed.
    fn close(&mut self, bracket: u8) -> Result<bool, Fault> {
        let brace = self.braces & 1 == 1;
        if brace != (bracket == b'}') {
            return Err(Fault::Structure { expected: "the bracket that fits" });
        }
        self.braces >>= 1;
        self.depth = self.depth.saturating_sub(1);
        Ok(self.depth == self.below)
    }
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether `record` opens so many brackets that it may nest too deep, and does.
pub(super) fn nests_too_deep(record: &[u8]) -> bool {
    let most = usize::try_from(MAX_DEPTH).unwrap_or(usize::MAX);
    memchr::memchr2_iter(b'{', b'[', record).nth(most).is_some()
        && Source::new(record).skip_value(0) == Err(Fault::TooDeep)
}
