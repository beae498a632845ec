//! Why a key file is not written or not read. No variant holds a byte of a file or of a passphrase; whoever shows one
//! names the file.

use std::io;
use std::path::PathBuf;

use super::{MAX_FILE_BYTES, MAX_PASSPHRASE_BYTES};

/// Why a key file is not written or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    // Whoever holds the passphrase.
    /// The file is encrypted, and nobody gave a passphrase.
    #[error("a passphrase is needed, and there is no terminal to ask for it")]
    PassphraseNeeded,
    /// The passphrase does not open the file.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// The passphrase is empty.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The passphrase is too long, or holds what is no text.
    #[error("the passphrase is longer than {MAX_PASSPHRASE_BYTES} bytes, or no text")]
    UnusablePassphrase,
    /// There is no agent, or it does not answer as agents do.
    #[error("ssh-agent cannot be reached, or does not answer as it should; is SSH_AUTH_SOCK set?")]
    Agent,
    /// The agent has no such key, or several.
    #[error("ssh-agent has no such Ed25519 key, or several; name one: agent:SHA256:...")]
    NotInAgent,
    /// Whoever keeps the key did not want to sign.
    #[error("ssh-agent refused to sign")]
    AgentRefused,
    /// The two passphrases that were typed differ.
    #[error("the two passphrases differ")]
    PassphrasesDiffer,

    // Whoever owns the file.
    /// There is a file already; it is never overwritten.
    #[error("there is a file already")]
    Exists,
    /// Others can read or write the file.
    #[error("others can read or write it; take that right away: chmod 600 {}", .0.display())]
    OpenToOthers(PathBuf),
    /// The file belongs to another user.
    #[error("belongs to another user")]
    OtherOwner,
    /// The path names no file.
    #[error("is not a file")]
    NotAFile,
    /// The file is too large for a key.
    #[error("is larger than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    /// The operating system refused.
    #[error("{}", file_words(*.0))]
    Io(io::ErrorKind),

    // Whoever made the file.
    /// It is neither PKCS#8 in PEM nor an OpenSSH private key, or it is damaged.
    #[error("is no private key in PKCS#8 PEM or OpenSSH form")]
    Unreadable,
    /// It holds a key of another kind.
    #[error("holds a key that is not Ed25519")]
    NotEd25519,
    /// Its public half is another key's.
    #[error("holds a public key that does not belong to its private key")]
    Mismatch,
    /// Opening it would cost more work or memory than this program spends.
    #[error("its passphrase is stretched more than this program stretches one")]
    TooCostly,
    /// The key could not be encrypted.
    #[error("the key could not be encrypted")]
    Encryption,
}

impl KeystoreError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PassphraseNeeded => "passphrase_needed",
            Self::WrongPassphrase => "passphrase_wrong",
            Self::EmptyPassphrase => "passphrase_empty",
            Self::UnusablePassphrase => "passphrase_unusable",
            Self::Agent => "ssh_agent_unreachable",
            Self::NotInAgent => "ssh_agent_key_unknown",
            Self::AgentRefused => "ssh_agent_refused",
            Self::PassphrasesDiffer => "passphrases_differ",
            Self::Exists => "key_file_exists",
            Self::OpenToOthers(_) => "key_file_open_to_others",
            Self::OtherOwner => "key_file_other_owner",
            Self::NotAFile => "key_file_not_a_file",
            Self::TooLarge => "key_file_too_large",
            Self::Io(_) => "key_file_io",
            Self::Unreadable => "key_file_unreadable",
            Self::NotEd25519 => "key_file_not_ed25519",
            Self::Mismatch => "key_file_mismatch",
            Self::TooCostly => "key_file_too_costly",
            Self::Encryption => "key_not_encrypted",
        }
    }
}

/// What the system says of a file, as people say it.
pub fn file_words(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::AlreadyExists => "is there already, and nothing is overwritten".to_owned(),
        io::ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
        other => other.to_string(),
    }
}

impl From<io::Error> for KeystoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}
