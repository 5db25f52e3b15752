//! `siaga-agent support-bundle` of a room that is enrolled and runs: what helps is in it, and nothing that is secret.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use siaga_tests::programs::{Lab, program};

/// All files below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| match () {
        () if path.is_dir() => files(&path),
        () if path.is_file() => vec![path],
        () => vec![],
    };
    entries.flat_map(of).collect()
}

/// What of a file would be worth something to a thief: the lines of its keys, and its longest words.
fn secrets(file: &Path) -> Vec<String> {
    let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
    let is_public = file.extension().is_some_and(|it| it == "pem") && !text.contains("PRIVATE KEY");
    if is_public {
        return vec![];
    }
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && !"+/=_-".contains(it));
    words.filter(|word| word.len() >= 32 && !word.starts_with("---")).map(str::to_owned).collect()
}

fn bundle(config: &Path, output: &Path) -> Command {
    let mut command = program("siaga-agent");
    command.args(["support-bundle", "--config"]).arg(config).arg("--output").arg(output);
    command
}

#[test]
fn what_helps_from_afar_is_in_it_and_no_key_or_token_or_secret_of_the_state_directory() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    let mut token = program("siaga-probe-server");
    let token = token.args(["token", "--room", "lab", "--dir"]).arg(lab.server_dir()).output().unwrap();
    let token = String::from_utf8(token.stdout).unwrap().lines().last().unwrap().to_owned();
    // As somebody might leave it.
    let config = lab.agent_config(&server, &format!("# enrolled with {token}"));
    let mut enroll = program("siaga-agent");
    enroll.args(["enroll", "--token", &token, "--server", &server.probes.unwrap().to_string(), "--ca"]);
    let enrolled = enroll.arg(lab.ca()).arg("--config").arg(&config).stdout(Stdio::null()).status().unwrap();
    assert!(enrolled.success());
    let agent = lab.agent(&config).unwrap();
    agent.wait_for("desk").unwrap();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[http]\nlisten = \"{}\"\n", agent.http)).unwrap();

    let packed = lab.path().join("bundle.tar.gz");
    let made = bundle(&config, &packed).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(String::from_utf8_lossy(&made.stdout).trim(), packed.display().to_string());
    assert_eq!(fs::metadata(&packed).unwrap().permissions().mode() & 0o777, 0o600);
    let again = bundle(&config, &packed).output().unwrap();
    assert_eq!(again.status.code(), Some(3), "nothing is overwritten");
    assert!(String::from_utf8_lossy(&again.stderr).contains("--output FILE"));

    let unpacked = lab.path().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    assert!(Command::new("tar").arg("xzf").arg(&packed).arg("-C").arg(&unpacked).status().unwrap().success());
    let inside = unpacked.join("siaga-support");
    let part = |name: &str| fs::read_to_string(inside.join(name)).unwrap();
    assert!(part("configuration/agent.toml").contains("room = \"lab\""));
    assert!(part("configuration/shown.toml").contains("agent.toml, line 1"));
    assert!(part("daemon/readiness.json").contains("\"room\":\"lab\""));
    assert!(part("daemon/metrics.txt").contains("siaga_check_state"));
    assert!(part("doctor.txt").contains("NET_SERVER_ANSWERS"));
    assert!(part("state-directory.txt").contains("key.pem"));

    let state = lab.path().join("state");
    let mut hidden = vec![token];
    hidden.extend(files(&state).iter().flat_map(|file| secrets(file)));
    assert!(hidden.len() > 2, "the key has lines: {hidden:?}");
    for file in files(&inside) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("PRIVATE KEY"), "{}", file.display());
        for secret in &hidden {
            assert!(!text.contains(secret), "{} holds {secret}", file.display());
        }
    }
}
