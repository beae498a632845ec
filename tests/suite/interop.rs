//! The reference implementation, run beside ours: it reads what we write, and we read what it writes.
//!
//! `MESHWARDEN_REFERENCE_PYTHON` names a Python that has it (`agent-governance-toolkit-core`); `.ci/run` makes one.
//! Without it these tests say that they were skipped, and fail when `MESHWARDEN_REQUIRE_PEERS=1`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::cli::{Finished, run};

/// The Python that has the reference implementation, if there is one.
fn reference_python() -> Option<PathBuf> {
    std::env::var_os("MESHWARDEN_REFERENCE_PYTHON").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Runs a script in the reference's Python, with standard input; `None` when the peer is missing and may be.
fn reference(test: &str, script: &str, stdin: &[u8]) -> Option<Finished> {
    let Some(python) = reference_python() else {
        skipped(test, "MESHWARDEN_REFERENCE_PYTHON names no Python with agent-governance-toolkit-core");
        return None;
    };
    Some(run(Command::new(python).args(["-c", script]), stdin))
}

/// Says that a test was skipped; fails instead where every peer must be there.
fn skipped(test: &str, why: &str) {
    let required = std::env::var_os("MESHWARDEN_REQUIRE_PEERS").is_some_and(|required| required == "1");
    assert!(!required, "{test}: {why}");
    // Written past the test runner, which hides what a passing test prints.
    writeln!(std::io::stderr().lock(), "SKIPPED {test}: {why}").unwrap();
}

#[test]
fn the_reference_is_the_version_that_our_vectors_come_from() {
    let script = "import importlib.metadata as metadata\n\
                  from agentmesh.identity.agent_id import AgentIdentity\n\
                  print(metadata.version('agent-governance-toolkit-core'))";
    let test = "interop::the_reference_is_the_version_that_our_vectors_come_from";
    let Some(finished) = reference(test, script, b"") else {
        return;
    };
    assert_eq!(finished.expect_code(0).stdout, "5.0.0\n");
}
