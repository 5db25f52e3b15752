//! Tokens as an operator makes and takes them, and as a running server sees them.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::PathBuf,
    thread,
};

use siaga_service::tokens::{Scope, TokenError, TokenName, Tokens, add, list, revoke};
use tempfile::TempDir;

struct Office {
    dir: TempDir,
}

impl Office {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("api-tokens.toml")
    }

    fn add(&self, of: &str, scopes: &str) -> Result<String, TokenError> {
        add(&self.path(), &name(of), scopes.parse().unwrap(), "2026-11-22T01:00:00Z".parse().unwrap())
    }
}

fn name(name: &str) -> TokenName {
    name.parse().unwrap()
}

#[test]
fn a_token_is_good_for_its_scopes_from_the_moment_it_is_made_until_it_is_revoked() {
    let office = Office::new();
    let running = Tokens::of(&office.path());
    assert_eq!(running.holder("siaga_0").unwrap(), None, "there is no file yet");
    let token = office.add("prometheus", "scrape").unwrap();
    let scopes = running.holder(&token).unwrap().unwrap().scopes;
    assert!(scopes.contain(Scope::Scrape) && !scopes.contain(Scope::Read));
    let other = office.add("sibowal", "read,book").unwrap();
    assert!(running.holder(&other).unwrap().is_some());
    revoke(&office.path(), &name("prometheus")).unwrap();
    assert_eq!(running.holder(&token).unwrap(), None);
    assert!(running.holder(&other).unwrap().is_some());
}

#[test]
fn nothing_but_the_whole_token_counts() {
    let office = Office::new();
    let token = office.add("a", "read").unwrap();
    assert_eq!(token.len(), "siaga_".len() + 64);
    let tokens = Tokens::of(&office.path());
    for wrong in
        ["", &token[..token.len() - 1], &format!("{token}0"), &token.to_uppercase(), &token["siaga_".len()..]]
    {
        assert_eq!(tokens.holder(wrong).unwrap(), None, "{wrong}");
    }
}

#[test]
fn the_file_holds_no_token_and_is_for_its_owner_only() {
    let office = Office::new();
    let token = office.add("a", "read").unwrap();
    let text = fs::read_to_string(office.path()).unwrap();
    assert!(!text.contains(&token["siaga_".len()..]), "{text}");
    assert_eq!(fs::metadata(office.path()).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = list(&office.path()).unwrap();
    assert_eq!((listed[0].name.to_string(), listed[0].scopes.to_string()), ("a".into(), "read".into()));
}

#[test]
fn a_file_that_others_may_read_lets_nobody_in() {
    let office = Office::new();
    let token = office.add("a", "read").unwrap();
    let tokens = Tokens::of(&office.path());
    assert!(tokens.holder(&token).unwrap().is_some());
    fs::set_permissions(office.path(), PermissionsExt::from_mode(0o640)).unwrap();
    assert!(tokens.holder(&token).is_err());
    let told = office.add("b", "read").unwrap_err().to_string();
    assert!(told.contains("(mode 640)") && told.contains("chmod 600"), "{told}");
    fs::set_permissions(office.path(), PermissionsExt::from_mode(0o600)).unwrap();
    assert!(tokens.holder(&token).unwrap().is_some(), "mended");
}

#[test]
fn a_file_that_is_wrong_lets_nobody_in_and_is_not_written_over() {
    let office = Office::new();
    let token = office.add("a", "read").unwrap();
    let right = fs::read_to_string(office.path()).unwrap();
    let tokens = Tokens::of(&office.path());
    for wrong in [
        "token = 1",
        &right.replace("read", "everything"),
        &right.replace("sha256 = \"", "sha256 = \"zz"),
        "\0",
    ] {
        fs::write(office.path(), wrong).unwrap();
        assert!(tokens.holder(&token).is_err(), "{wrong}");
        assert!(matches!(office.add("b", "read"), Err(TokenError::Wrong { .. })), "{wrong}");
        assert_eq!(fs::read_to_string(office.path()).unwrap(), wrong);
    }
}

#[test]
fn one_name_is_one_token() {
    let office = Office::new();
    office.add("a", "read").unwrap();
    let told = office.add("a", "book").unwrap_err().to_string();
    assert_eq!(told, "there is a token named a already; revoke it first, or choose another name");
    let told = revoke(&office.path(), &name("b")).unwrap_err().to_string();
    assert_eq!(told, "there is no token named b; “api-token list” shows those that there are");
    for wrong in ["", "ruang 1", "a/b", "ü", &"x".repeat(65)] {
        assert!(wrong.parse::<TokenName>().is_err(), "{wrong}");
    }
}

#[test]
fn tokens_that_are_made_at_the_same_time_are_all_there() {
    let office = Office::new();
    thread::scope(|scope| {
        for number in 0..16 {
            let office = &office;
            scope.spawn(move || office.add(&format!("t{number}"), "read").unwrap());
        }
    });
    assert_eq!(list(&office.path()).unwrap().len(), 16);
}

#[test]
fn what_root_makes_belongs_to_the_directory_s_owner_the_lock_too() {
    let office = Office::new();
    if chown(office.dir.path(), Some(12_345), Some(12_346)).is_err() {
        return eprintln!("skipped: only root can give files away");
    }
    office.add("prometheus", "scrape").unwrap();
    let files = fs::read_dir(office.dir.path()).unwrap().map(|file| file.unwrap());
    let owned = files.map(|file| (file.file_name().into_string().unwrap(), file.metadata().unwrap()));
    let mut owned: Vec<_> = owned.map(|(name, it)| (name, it.uid(), it.gid())).collect();
    owned.sort();
    let of_the_server = |name: &str| (name.to_owned(), 12_345, 12_346);
    assert_eq!(owned, [of_the_server("api-tokens.toml"), of_the_server("api-tokens.toml.lock")]);
}
