//! What a store in memory has of the texts that name people.

use crate::audit::Personal;
use crate::encoding::Digest32;

/// Where a record's personal texts are.
#[derive(Debug)]
pub(super) enum Kept {
    Within,
    Beside(Box<[u8]>),
    Forgotten(Digest32),
}

impl Kept {
    pub(super) fn of(personal: Personal<'_>) -> Self {
        match personal {
            Personal::Within => Self::Within,
            Personal::Beside(opening) => Self::Beside(opening.into()),
            Personal::Forgotten(commitment) => Self::Forgotten(commitment),
        }
    }

    pub(super) fn personal(&self) -> Personal<'_> {
        match self {
            Self::Within => Personal::Within,
            Self::Beside(opening) => Personal::Beside(opening),
            Self::Forgotten(commitment) => Personal::Forgotten(*commitment),
        }
    }
}
