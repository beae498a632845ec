//! The same agents behind a real Caddy with `assets/adapters/caddy/Caddyfile`.
//!
//! Without Caddy or the agents' Python the test says that it was skipped, and fails when `MESHWARDEN_REQUIRE_PEERS=1`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli_enrol::Enrolled;
use crate::interop::skipped;
use crate::interop_nginx::{Running, Site, free_port, program, python, site};

const CONF: &str = include_str!("../../assets/adapters/caddy/Caddyfile");

/// Caddy on a port that nobody has, with the example configuration for this verifier and this service.
fn caddy(program: &Path, mesh: &Enrolled, service: u16) -> (Running, u16) {
    loop {
        let port = free_port();
        let conf = format!("{{\n\tadmin off\n}}\n{}", site(CONF, mesh, service, port));
        mesh.home.file("Caddyfile", conf);
        let mut command = Command::new(program);
        command.args(["run", "--adapter", "caddyfile", "--config", &mesh.path("Caddyfile")]);
        command.env_clear().envs(mesh.home.environment()).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let running = Running::of(child);
        let mut said = String::new();
        // It says so once it listens, and ends when somebody else took the port meanwhile.
        while let Some(line) = log.next() {
            if line.contains("serving initial configuration") {
                std::thread::spawn(move || log.for_each(drop));
                return (running, port);
            }
            said.push_str(&line);
        }
        assert!(said.contains("address already in use"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_behind_caddy_call_each_other_until_the_child_is_suspended() {
    let test = "interop_caddy::two_agents_behind_caddy_call_each_other_until_the_child_is_suspended";
    let Some(program) = program("caddy") else { return skipped(test, "there is no caddy") };
    let Some(python) = python() else {
        return skipped(test, "MESHWARDEN_HTTPSIG_PYTHON names no Python with cryptography");
    };
    let site = Site::begin(&python);
    let (_caddy, edge) = caddy(&program, &site.mesh, site.planner);
    site.is_guarded_at(edge).await;
}
