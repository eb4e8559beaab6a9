//! A key that an SSH agent holds signs a ceremony, and nothing but the agent's signature is taken for one.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};

use crate::stage::{Ran, Stage};
use crate::town::{NOW, Town};

/// OpenSSH's agent with one key; it ends with the value.
struct Agent {
    child: Child,
}

impl Agent {
    /// Makes `agent.key` and `agent.pub` as `ssh-keygen` does, and starts an agent on `socket` that holds the key.
    fn with_new_key(stage: &Stage) -> Self {
        stage.shell(
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-f", "agent.key"],
        );
        // As it is: nobody has to spell it anew.
        fs::rename(stage.path("agent.key.pub"), stage.path("agent.pub")).unwrap();
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(stage.path("socket"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut agent = Self { child };
        // It says where it listens when it does.
        let mut said = [0; 1];
        let stdout = agent.child.stdout.as_mut().unwrap();
        stdout.read_exact(&mut said).unwrap();
        let mut add = Command::new("ssh-add");
        add.arg(stage.path("agent.key"))
            .env("SSH_AUTH_SOCK", stage.path("socket"));
        assert_eq!(Ran::of(add.output().unwrap()).code, 0);
        fs::remove_file(stage.path("agent.key")).unwrap();
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn sign(stage: &Stage, ceremony: &str, socket: &str) -> Ran {
    let mut program = stage.program();
    program.env("SSH_AUTH_SOCK", stage.path(socket));
    program.args(["trust", "sign", ceremony, "--agent", "--key", "agent.pub"]);
    Ran::of(program.output().unwrap())
}

#[test]
fn a_holder_signs_with_a_key_that_only_an_agent_has() {
    let town = Town::founded();
    let _agent = Agent::with_new_key(&town.stage);
    let change = "rebuilders --key agent.pub";
    let ceremony = town.prepare("rotate", change);
    town.sign(&ceremony, &["targets-1", "targets-2"]);
    let ran = sign(&town.stage, &ceremony, "socket");
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(ran.stdout, "signed rebuilders.json\n");
    town.publish(&ceremony);
}

#[test]
fn what_an_agent_signs_with_another_key_is_not_kept() {
    let town = Town::founded();
    drop(Agent::with_new_key(&town.stage));
    let ceremony = town.prepare("rotate", "rebuilders --key agent.pub");
    let before = town.stage.read(&format!("{ceremony}/rebuilders.json"));
    // 64 bytes in the right form that are nobody's signature.
    let field = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let blob = [field(b"ssh-ed25519"), field(&[1; 64])].concat();
    let listener = UnixListener::bind(town.stage.path("liar")).unwrap();
    let liar = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut asked = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut asked).unwrap();
        let answer = [&[14_u8][..], &field(&blob)].concat();
        stream.write_all(&field(&answer)).unwrap();
    });
    sign(&town.stage, &ceremony, "liar").refused("does not verify under the key");
    liar.join().unwrap();
    assert_eq!(
        town.stage.read(&format!("{ceremony}/rebuilders.json")),
        before
    );
    sign(&town.stage, &ceremony, "nobody").refused("No such file");
    let mut program = town.stage.program();
    program.env_remove("SSH_AUTH_SOCK");
    program.args(["trust", "sign", &ceremony, "--agent", "--key", "agent.pub"]);
    Ran::of(program.output().unwrap()).unable("SSH_AUTH_SOCK is not set");
    assert!(town.run(&format!("status repository --at {NOW}")).code == 0);
}
