//! Files of the configuration that root can read, and the service, which has the group `siaga` alone, can't.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::fs::getxattr;
use siaga_devices::Roots;
use siaga_readiness::reasons::Code;

use super::{Finding, Level, machine};
use crate::config::Settings;

/// `place` is the packaged file; without systemd there is no service. Of what has an access list (`setfacl`) nothing is said.
pub(super) fn of_service(settings: &Settings, place: &Path, roots: &Roots) -> Vec<Finding> {
    if !machine::runs_systemd(roots) {
        return vec![];
    }
    let group = machine::group("siaga");
    let mut named = vec![place.to_owned(), place.with_extension("d")];
    let beside = fs::read_dir(place.with_extension("d")).into_iter().flatten().flatten();
    named.extend(
        beside.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "toml")),
    );
    named.extend(settings.servers.iter().map(|server| server.ca.clone()));
    let mut shut: Vec<_> = named.iter().filter_map(|path| shut_to(group, path)).collect();
    shut.sort();
    shut.dedup();
    let finding =
        |path: &PathBuf| Finding::of(Level::Problem, Code::DoctorFileUnreadable, &path.display().to_string());
    shut.iter().map(finding).collect()
}

/// The first on the way to `path` that keeps the service out.
fn shut_to(group: Option<u32>, path: &Path) -> Option<PathBuf> {
    let mut way: Vec<_> = path.ancestors().filter(|it| !it.as_os_str().is_empty()).collect();
    way.reverse();
    let keeps_out = |at: &Path| {
        let Ok(file) = fs::metadata(at) else { return false };
        // What a directory on the way needs; what is read itself needs the other too.
        let enter = if file.is_dir() { 0o1 } else { 0 };
        let needed = if at == path { enter | 0o4 } else { enter };
        let given = if group == Some(file.gid()) { file.mode() >> 3 } else { file.mode() };
        given & needed != needed && !has_access_list(at)
    };
    way.into_iter().find(|at| keeps_out(at)).map(Path::to_owned)
}

/// The mode tells only a part of it then.
fn has_access_list(path: &Path) -> bool {
    getxattr(path, ACCESS_LIST, &mut [0; 0]).is_ok()
}

/// Where Linux keeps it (acl(5)).
const ACCESS_LIST: &str = "system.posix_acl_access";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rustix::fs::{XattrFlags, setxattr};

    use super::*;

    #[test]
    fn what_keeps_the_service_out_is_named_be_it_the_file_or_a_directory_on_the_way() {
        let root = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        set(root.path(), 0o755);
        let roots = Roots::below(root.path());
        let (place, ca) = (root.path().join("agent.toml"), root.path().join("ca/ca.pem"));
        let drop_ins = root.path().join("agent.d");
        for directory in [&drop_ins, ca.parent().unwrap(), &roots.run.join("systemd/system")] {
            fs::create_dir_all(directory).unwrap();
            set(directory, 0o755);
        }
        for file in [&place, &ca, &drop_ins.join("50.toml")] {
            fs::write(file, "").unwrap();
            set(file, 0o644);
        }
        let server = crate::config::ServerSettings {
            address: "a.example:4433".parse().unwrap(),
            ca: ca.clone(),
            identity: None,
        };
        let settings = Settings { servers: vec![server], ..Settings::default() };
        let shut = || {
            let found = of_service(&settings, &place, &roots);
            assert!(found.iter().all(|it| it.level == Level::Problem && it.remedy.en.contains("chmod o+rX")));
            found.into_iter().filter_map(|it| it.about).collect::<Vec<_>>()
        };
        assert_eq!(shut(), [""; 0]);
        for (path, open) in [
            (place.clone(), 0o644),
            (drop_ins.clone(), 0o755),
            (drop_ins.join("50.toml"), 0o644),
            (ca.parent().unwrap().to_owned(), 0o755),
            (ca.clone(), 0o644),
        ] {
            set(&path, open & 0o700);
            assert_eq!(shut(), [path.display().to_string()]);
            let group = fs::metadata(&path).unwrap().gid();
            set(&path, open & 0o750);
            assert_eq!(shut_to(Some(group), &path), None, "the service is of this group");
            assert!(shut_to(Some(group + 1), &path).is_some());
            set(&path, open);
        }
    }

    #[test]
    fn of_a_file_with_an_access_list_nothing_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(shut_to(None, &file).as_ref(), Some(&file));
        // Version 2; then tag, permissions and id of the owner, the owning group, the group 4242, the mask, and all others.
        let list = [(1, 6, u32::MAX), (4, 0, u32::MAX), (8, 4, 4242), (16, 4, u32::MAX), (32, 0, u32::MAX)];
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in list {
            bytes.extend([u16::to_le_bytes(tag), u16::to_le_bytes(permissions)].concat());
            bytes.extend(id.to_le_bytes());
        }
        match setxattr(&file, ACCESS_LIST, &bytes, XattrFlags::empty()) {
            Err(rustix::io::Errno::OPNOTSUPP) => {
                return eprintln!("not run: no access lists in {}", dir.path().display());
            }
            set => set.unwrap(),
        }
        assert_eq!(shut_to(None, &file), None);
    }
}
