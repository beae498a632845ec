//! Numbers with the word that goes with them.

use std::fmt::Display;

/// A number with its word: `one` of it, `more` of any other number.
pub fn plural<N: Display + PartialEq + From<u8>>(count: N, one: &str, more: &str) -> String {
    let word = if count == N::from(1) { one } else { more };
    format!("{count} {word}")
}

/// `1 agent`, `2 agents`.
pub fn agents<N: Display + PartialEq + From<u8>>(count: N) -> String {
    plural(count, "agent", "agents")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_is_singular() {
        assert_eq!([0_usize, 1, 2].map(agents), ["0 agents", "1 agent", "2 agents"]);
        assert_eq!(plural(1_u64, "entry", "entries"), "1 entry");
    }
}
