use super::*;
use crate::host::MachineKind;

fn refusal(text: &str) -> String {
    let name = ProfileName("bench".to_owned());
    Profile::from_toml(name, text).unwrap_err().to_string()
}

#[test]
fn the_shipped_profiles_have_the_procedures_numbers() {
    let rates = |profile: &Profile| {
        let network = profile.requirements.network.unwrap();
        (network.up.bps(), network.down.bps())
    };
    assert_eq!(rates(Profile::minimum()), (10_000_000, 20_000_000));
    assert_eq!(rates(Profile::recommended()), (20_000_000, 20_000_000));

    let any = Profile::minimum().requirements.camera.clone().unwrap();
    assert_eq!(any, CameraRequirement::default());
    assert!(Profile::minimum().requirements.microphone.is_some());

    let software = |profile: &Profile| profile.requirements.software.clone().unwrap();
    for (profile, required) in
        [(Profile::minimum(), false), (Profile::recommended(), false), (Profile::kipp_2020(), true)]
    {
        let programs: Vec<String> = software(profile).programs().map(ToString::to_string).collect();
        assert_eq!((programs, software(profile).required), (vec!["zoom".to_owned()], required));
        assert_eq!(profile.requirements.power, Some(PowerRequirement { required: false }));
    }
    assert_eq!(rates(Profile::kipp_2020()), rates(Profile::minimum()));
    let kinds = Profile::recommended().requirements.machine.clone().unwrap().kinds;
    assert_eq!(kinds.as_slice(), [MachineKind::Laptop, MachineKind::Desktop]);
    assert_eq!(Profile::minimum().requirements.machine, None);

    let wide = Profile::recommended().requirements.camera.clone().unwrap();
    assert!(wide.external && wide.own_microphone);
    assert_eq!(wide.min_diagonal_fov.map(Degrees::get), Some(90.0));
    let picture = wide.picture.unwrap();
    let sizes: Vec<String> = picture.sizes.as_slice().iter().map(ToString::to_string).collect();
    assert_eq!(sizes, ["1280x720", "1920x1080"]);
    assert_eq!(picture.min_fps, FrameRate::try_from(30.0).unwrap());
}

#[test]
fn an_office_adds_a_profile_in_its_configuration() {
    #[derive(Deserialize)]
    struct Configuration {
        profiles: BTreeMap<ProfileName, Requirements>,
    }
    let text = "[profiles.bench]\nnetwork = { up = \"2M\", down = \"2M\" }\ncamera = {}\n";
    let configuration: Configuration = toml::from_str(text).unwrap();
    let profiles = Profiles::with(configuration.profiles).unwrap();

    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["bench", "kipp-2020", "minimum", "recommended"]);
    let bench = &profiles.named("bench").unwrap().requirements;
    assert_eq!(bench.network.unwrap().up.bps(), 2_000_000);
    assert_eq!(bench.microphone, None);
    assert_eq!(
        profiles.named("best").unwrap_err().to_string(),
        "there is no profile “best”; there are: bench, kipp-2020, minimum, recommended"
    );
}

#[test]
fn an_office_cannot_soften_a_shipped_profile() {
    let own = BTreeMap::from([("minimum".parse().unwrap(), Profile::recommended().requirements.clone())]);
    let refused = Profiles::with(own).unwrap_err().to_string();
    assert_eq!(
        refused,
        "profile minimum is shipped and has the same numbers everywhere; give yours another name"
    );
}

#[test]
fn requirements_survive_being_written_and_read_again() {
    for profile in [Profile::kipp_2020(), Profile::minimum(), Profile::recommended()] {
        let text = toml::to_string(&profile.requirements).unwrap();
        assert_eq!(&Profile::from_toml(profile.name.clone(), &text).unwrap(), profile);
    }
}

#[test]
fn each_mistake_in_a_profile_is_named() {
    assert!(refusal("").contains("profile bench: it requires nothing"));
    assert!(refusal("speed = 1").contains("unknown field `speed`"));
    assert!(refusal("[network]\nup = \"10M\"").contains("missing field `down`"));
    assert!(refusal("[network]\nup = \"10 Mbit\"\ndown = \"20M\"").contains("is not a rate"));
    assert!(refusal("[network]\nup = 0\ndown = 1").contains("a rate lies between"));
    assert!(
        refusal("[network]\nup = \"2M\"\ndown = \"800k\"")
            .contains("down = 0.8 Mbit/s is less than a gate probe can judge; ask for 1 Mbit/s or more")
    );
    assert!(refusal("[camera]\nfov = 90").contains("unknown field `fov`"));
    assert!(refusal("[camera]\nmin_diagonal_fov = 500").contains("between 1 and 180 degrees"));
    assert!(refusal("[camera.picture]\nsizes = []\nmin_fps = 30").contains("at least one size"));
    assert!(
        refusal("[camera.picture]\nsizes = [\"720p\"]\nmin_fps = 30")
            .contains("“720p” is not a picture size")
    );
    assert!(refusal("[camera.picture]\nsizes = [\"1280x720\"]\nmin_fps = 0").contains("between 1 and 240"));
    assert!(refusal("[microphone]\ncount = 2").contains("unknown field `count`"));
    assert!(refusal("[power]").contains("it requires nothing"));
    assert!(
        refusal("[software]\nany_of = [\"zoom\"]").contains("or required = true under [power] or [software]")
    );
    assert!(refusal("[software]\nany_of = []").contains("any_of needs at least one program"));
    assert!(refusal("[software]\nrequired = true").contains("missing field `any_of`"));
    assert!(refusal("[software]\nany_of = [\"Zoom\"]").contains("“Zoom” can't name a program"));
    assert!(refusal("[machine]\nkinds = []").contains("kinds needs at least one kind of machine"));
    assert!(refusal("[machine]\nkinds = [\"pc\"]").contains("“pc” is no kind of machine; use laptop"));
    assert!(refusal("[power]\nups = true").contains("unknown field `ups`"));
}

#[test]
fn the_lowest_rate_that_a_gate_probe_can_judge_is_accepted() {
    let text = "[network]\nup = \"1M\"\ndown = \"1M\"";
    assert!(Profile::from_toml(ProfileName("bench".to_owned()), text).is_ok());
}

#[test]
fn a_profiles_name_is_fit_for_a_metric_and_an_address() {
    for good in ["bench", "kelas-2", "a"] {
        assert!(good.parse::<ProfileName>().is_ok(), "{good}");
    }
    for wrong in ["", "Bench", "a b", "../x", "ünique", &"a".repeat(33)] {
        assert!(wrong.parse::<ProfileName>().is_err(), "{wrong}");
    }
}

#[test]
fn televisions_thirty_counts_as_thirty() {
    let thirty = FrameRate::try_from(30.0).unwrap();
    assert!(thirty.is_met_by(30.0));
    assert!(thirty.is_met_by(29.97));
    assert!(!thirty.is_met_by(29.9));
    assert!(!thirty.is_met_by(25.0));
}
