//! Fences in the stream of terminal output: marks of the harness, taken out before anything is parsed.

/// Finds fences in a stream that arrives in arbitrary pieces.
#[derive(Default)]
pub struct Fence {
    held: Vec<u8>,
}

impl Fence {
    /// The fence of a number: bytes that no program writes, and that a terminal's output processing leaves alone.
    pub fn bytes(number: u64) -> Vec<u8> {
        [START, format!("{number:0DIGITS$x}").as_bytes()].concat()
    }

    /// Takes in a piece; returns what the program wrote and the last fence that came out.
    pub fn strip(&mut self, piece: &[u8]) -> (Vec<u8>, Option<u64>) {
        self.held.extend_from_slice(piece);
        let (mut written, mut last) = (Vec::new(), None);
        while let Some(at) = self.held.windows(START.len()).position(|window| window == START) {
            let end = at + START.len() + DIGITS;
            let Some(digits) = self.held.get(at + START.len()..end) else {
                written.extend(self.held.drain(..at));
                return (written, last);
            };
            last = Some(u64::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
            written.extend(self.held.drain(..at));
            self.held.drain(..START.len() + DIGITS);
        }
        let begun = (1..START.len()).rev().find(|&n| self.held.ends_with(&START[..n])).unwrap_or(0);
        written.extend(self.held.drain(..self.held.len() - begun));
        (written, last)
    }
}

const START: &[u8] = b"\0meshwarden-fence:";
const DIGITS: usize = 16;

#[test]
fn a_fence_is_found_wherever_the_stream_is_cut() {
    let stream =
        [b"ab\0c".as_slice(), &Fence::bytes(1), b"\x1b[", &Fence::bytes(0xabc), b"2J\0mesh!"].concat();
    for cut in 0..=stream.len() {
        let mut fence = Fence::default();
        let (head, tail) = stream.split_at(cut);
        let (mut written, first) = fence.strip(head);
        let (rest, second) = fence.strip(tail);
        written.extend(rest);
        assert_eq!(written, b"ab\0c\x1b[2J\0mesh!");
        assert_eq!(second.or(first), Some(0xabc));
    }
}
