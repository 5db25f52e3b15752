//! Which programs are installed. Nothing is started.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use siaga_readiness::{
    host::{Presence, ProgramFact},
    software::{Program, Programs},
};

/// What is known of each program on the machine under `root`.
pub(super) fn look_for(root: &Path, programs: &Programs) -> Vec<ProgramFact> {
    let fact = |(id, program): (_, &Program)| ProgramFact {
        id,
        name: program.name.clone(),
        presence: presence(root, program),
    };
    programs.iter().map(|(id, program)| (id.clone(), program)).map(fact).collect()
}

/// Where programs for all users are; the agent's own search path is its service's.
const EXECUTABLES: [&str; 6] = ["usr/local/bin", "usr/bin", "bin", "usr/local/sbin", "usr/sbin", "sbin"];
const DESKTOP_ENTRIES: [&str; 4] = [
    "usr/local/share/applications",
    "usr/share/applications",
    "var/lib/flatpak/exports/share/applications",
    "var/lib/snapd/desktop/applications",
];
const FLATPAKS: [&str; 1] = ["var/lib/flatpak/app"];
const SNAPS: [&str; 2] = ["snap", "var/lib/snapd/snap"];

fn presence(root: &Path, program: &Program) -> Presence {
    let mut is_unclear = false;
    let mut is_there = |found: io::Result<bool>| match found {
        Ok(found) => found,
        Err(error) => {
            is_unclear |= !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
            false
        }
    };
    let executable = program.executables.iter().any(|name| match name.strip_prefix('/') {
        Some(path) => is_there(is_executable(&root.join(path))),
        None => EXECUTABLES.iter().any(|dir| is_there(is_executable(&root.join(dir).join(name)))),
    });
    let found = executable
        || program.desktop_entries.iter().any(|name| {
            let file = format!("{name}.desktop");
            DESKTOP_ENTRIES.iter().any(|dir| is_there(is_file(&root.join(dir).join(&file))))
        })
        // What is installed has a current version; what was removed may leave a directory behind.
        || installed(&FLATPAKS, &program.flatpaks).any(|path| is_there(is_directory(&root.join(path))))
        || installed(&SNAPS, &program.snaps).any(|path| is_there(is_directory(&root.join(path))));
    match (found, is_unclear) {
        (true, _) => Presence::Present,
        (false, true) => Presence::Unknown,
        (false, false) => Presence::Absent,
    }
}

fn installed(dirs: &[&str], names: &[String]) -> impl Iterator<Item = String> {
    let paths = |dir: &&str| names.iter().map(|name| format!("{dir}/{name}/current")).collect::<Vec<_>>();
    dirs.iter().flat_map(paths).collect::<Vec<_>>().into_iter()
}

fn is_executable(path: &Path) -> io::Result<bool> {
    fs::metadata(path).map(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

fn is_file(path: &Path) -> io::Result<bool> {
    fs::metadata(path).map(|it| it.is_file())
}

fn is_directory(path: &Path) -> io::Result<bool> {
    fs::metadata(path).map(|it| it.is_dir())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{super::tests::Tree, *};

    fn zoom(tree: &Tree) -> Presence {
        look_for(tree.root(), &Programs::default())[0].presence
    }

    fn make_executable(tree: &Tree, path: &str) {
        fs::set_permissions(tree.root().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_program_is_found_in_any_of_its_places() {
        assert_eq!(zoom(&Tree::new(&[])), Presence::Absent);
        for path in ["usr/bin/zoom", "opt/zoom/zoom"] {
            let tree = Tree::new(&[(path, "#!")]);
            assert_eq!(zoom(&tree), Presence::Absent, "a file that can't be run is no program");
            make_executable(&tree, path);
            assert_eq!(zoom(&tree), Presence::Present, "{path}");
        }
        for path in ["var/lib/flatpak/app/us.zoom.Zoom/current/x", "snap/zoom-client/current/x"] {
            assert_eq!(zoom(&Tree::new(&[(path, "")])), Presence::Present, "{path}");
        }
        assert_eq!(
            zoom(&Tree::new(&[("snap/zoom-client/common/x", "")])),
            Presence::Absent,
            "it was removed"
        );
    }

    #[test]
    fn a_link_is_as_good_as_what_it_leads_to() {
        let tree = Tree::new(&[("usr/bin/.keep", "")]);
        symlink("../../opt/zoom/ZoomLauncher", tree.root().join("usr/bin/zoom")).unwrap();
        assert_eq!(zoom(&tree), Presence::Absent);
        fs::create_dir_all(tree.root().join("opt/zoom")).unwrap();
        fs::write(tree.root().join("opt/zoom/ZoomLauncher"), "").unwrap();
        make_executable(&tree, "opt/zoom/ZoomLauncher");
        assert_eq!(zoom(&tree), Presence::Present);
    }

    #[test]
    fn a_desktop_entry_is_enough_where_an_office_says_so() {
        let own = toml::from_str("[jitsi]\nname = \"Jitsi\"\ndesktop_entries = [\"jitsi-meet\"]\n").unwrap();
        let programs = Programs::with(own);
        let tree = Tree::new(&[("usr/share/applications/jitsi-meet.desktop", "[Desktop Entry]")]);
        let facts = look_for(tree.root(), &programs);
        let told: Vec<_> = facts.iter().map(|fact| (fact.name.as_str(), fact.presence)).collect();
        assert_eq!(told, [("Jitsi", Presence::Present), ("Zoom", Presence::Absent)]);
    }

    #[test]
    fn a_place_that_can_t_be_looked_into_leaves_it_open() {
        let tree = Tree::new(&[("usr/bin/.keep", "")]);
        symlink("zoom", tree.root().join("usr/bin/zoom")).unwrap();
        assert_eq!(zoom(&tree), Presence::Unknown, "a link that leads to itself");
    }
}
