//! A full disk: what takes authority away is done all the same.

use std::process::Command;

use super::cli::{Home, MESHWARDEN, run};

/// What is tried on a small file system of its own, which ends with the shell: fill it, and stop somebody.
const SCRIPT: &str = r#"
set -eu
mount -t tmpfs -o size=128m,mode=700 tmpfs "$1"
cd "$1"
run() { "$MESHWARDEN" --data "$DIR/mesh" "$@"; }
run import "$2" > /dev/null 2>&1
test "$(stat -c %s mesh/reserve)" = 16777216
first=$(run agent list -q state=active --json | sed -n '1s/.*"did":"\(did:mesh:[0-9a-f]*\)".*/\1/p')
second=$(run agent list -q state=active --json | sed -n '2s/.*"did":"\(did:mesh:[0-9a-f]*\)".*/\1/p')
cat /dev/zero > filler 2>/dev/null || true
echo "left $(df --output=avail -k . | tail -1)"
run agent revoke "$first" --cascade --reason 'on a full disk' --yes --json
cat /dev/zero > filler2 2>/dev/null || true
run lock add --subtree "$second" --reason 'full again' --json
cat /dev/zero > filler3 2>/dev/null || true
run agent list -q state=revoked --json | head -n 1
code=0; run import "$3" >/dev/null 2>&1 || code=$?
echo "import $code"
rm filler filler2 filler3
run log verify
run log list --json | tail -n 2
run agent show "$first" --json > /dev/null
test "$(stat -c %s mesh/reserve)" = 16777216
echo whole
"#;

#[test]
fn a_revocation_and_a_lock_are_carried_out_on_a_full_disk() {
    let home = Home::new();
    let records = home.run(&["generate", "--agents", "300", "--seed", "1"]).expect_code(0).stdout;
    let file = home.file("mesh.jsonl", records);
    let more = home.run(&["generate", "--agents", "20000", "--seed", "2"]).expect_code(0).stdout;
    let more = home.file("more.jsonl", more);
    let small = home.path("small");
    std::fs::create_dir(&small).unwrap();
    let mut shell = Command::new("unshare");
    shell.args(["-m", "sh", "-c", SCRIPT, "sh"]).args([&small, &file, &more]);
    shell.env_clear().envs(home.environment()).env("MESHWARDEN", MESHWARDEN).env("DIR", &small);
    let can = run(
        Command::new("unshare").args(["-m", "sh", "-c", "mount -t tmpfs tmpfs \"$1\"", "sh"]).arg(&small),
        b"",
    );
    if can.code != Some(0) {
        assert!(std::env::var_os("MESHWARDEN_REQUIRE_PEERS").is_none(), "no small file system: {can:?}");
        return eprintln!("SKIPPED: only root makes a small file system: {}", can.stderr.trim());
    }
    let done = run(&mut shell, b"").expect_code(0);
    let said: Vec<&str> = done.stdout.lines().collect();
    assert!(said[0].trim_start_matches("left").trim() == "0", "the disk was full: {said:#?}");
    assert!(said[1].contains("\"verb\":\"revoke\"") && said[2].contains("\"kind\":\"lock\""), "{said:#?}");
    assert!(said.contains(&"import 5"), "what gives authority waits for room: {said:#?}");
    assert!(said.iter().any(|line| line.starts_with("sound:")), "{said:#?}");
    assert_eq!(said.last(), Some(&"whole"), "the reserve is made again: {said:#?}");
}
