//! How long a look at the devices takes.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::symlink,
    path::Path,
    time::Instant,
};

use siaga_devices::{
    CameraFacts, Control, DriverError, Drivers, Kernel, Offer, Pcm, RateRange, Roots, ScanError, ScanOptions,
    Scanner,
};

/// Milliseconds that looks at this machine take.
///
/// # Errors
/// It can't be looked at.
pub fn of_this_machine(looks: usize) -> Result<Vec<f64>, ScanError> {
    timed(Scanner::new(Roots::default(), ScanOptions::default(), Kernel), looks)
}

/// Milliseconds that looks at a machine with so many webcams and sound cards take.
///
/// # Errors
/// It can't be made up, or looked at.
pub fn of_a_crowded_machine(devices: u32, looks: usize) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let roots = Roots::below(directory.path());
    for number in 0..devices {
        plug_in(&roots, number)?;
    }
    let mut scanner = Scanner::new(roots, ScanOptions::default(), Recorded);
    let inventory = scanner.scan()?;
    assert_eq!((inventory.cameras.len(), inventory.microphones.len()), (devices as usize, devices as usize));
    Ok(timed(scanner, looks)?)
}

fn timed<D: Drivers>(mut scanner: Scanner<D>, looks: usize) -> Result<Vec<f64>, ScanError> {
    let mut milliseconds = Vec::new();
    for _ in 0..looks {
        let started = Instant::now();
        scanner.look()?;
        milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(milliseconds)
}

/// A webcam with a microphone on a USB port of its own.
fn plug_in(roots: &Roots, number: u32) -> io::Result<()> {
    let port = format!("devices/pci0000:00/0000:00:14.0/usb1/1-{number}");
    let video = format!("{port}/1-{number}:1.0/video4linux/video{number}");
    let card = format!("{port}/1-{number}:1.2/sound/card{number}");
    let status = roots.proc.join(format!("asound/card{number}/pcm0c/sub0/status"));
    for (path, text) in [
        (roots.sys.join(&port).join("idVendor"), "046d".to_owned()),
        (roots.sys.join(&port).join("idProduct"), "082d".to_owned()),
        (roots.sys.join(&port).join("speed"), "480".to_owned()),
        (roots.sys.join(&video).join("name"), "HD Pro Webcam C920".to_owned()),
        (roots.sys.join(&video).join("index"), "0".to_owned()),
        (roots.sys.join(&card).join("id"), format!("C920_{number}")),
        (status, "closed".to_owned()),
        (roots.dev.join(format!("video{number}")), String::new()),
        (roots.dev.join(format!("snd/pcmC{number}D0c")), String::new()),
        (roots.dev.join(format!("snd/controlC{number}")), String::new()),
    ] {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    for (class, name, device) in
        [("video4linux", format!("video{number}"), video), ("sound", format!("card{number}"), card)]
    {
        let directory = roots.sys.join("class").join(class);
        fs::create_dir_all(&directory)?;
        symlink(Path::new("../..").join(device), directory.join(name))?;
    }
    Ok(())
}

/// Files for devices, and answers that cost nothing: only looking is measured.
struct Recorded;

impl Drivers for Recorded {
    fn is_device(&self, entry: &Metadata, _major: u32) -> bool {
        entry.is_file()
    }

    fn camera_nodes(&self) -> Result<Vec<u32>, DriverError> {
        Err(DriverError::Failed("none are listed".to_owned()))
    }

    fn read_camera(&self, _path: &Path) -> Result<CameraFacts, DriverError> {
        let offer = Offer { fourcc: *b"MJPG", width: 1920, height: 1080, fps: Some(30.0) };
        Ok(CameraFacts { bus_info: String::new(), captures: true, offers: vec![offer] })
    }

    fn read_rates(&self, pcms: &[Pcm]) -> Vec<Result<Vec<RateRange>, DriverError>> {
        pcms.iter().map(|_| Ok(vec![RateRange { min: 16_000, max: 48_000 }])).collect()
    }

    fn read_controls(&self, _card_id: &str) -> Result<Vec<Control>, DriverError> {
        Ok(Vec::new())
    }
}
