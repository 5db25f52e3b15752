//! Fields of view. V4L2 does not know them, so they are declared by configuration or known by model.

use serde::Deserialize;
use serde::Serialize;
use siaga_readiness::inventory::{FieldOfView, FovAxis};

use crate::{place::hex_id, text::clean_name};

/// A field of view that the configuration states for a camera.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeclaredFov {
    #[serde(rename = "camera")]
    device: String,
    degrees: f64,
    axis: FovAxis,
}

impl DeclaredFov {
    /// `device` is the camera's USB id (`vvvv:pppp`), name or id, as `devices` prints them.
    ///
    /// # Errors
    /// If `degrees` is not an angle, or `device` names nothing.
    pub fn new(device: &str, degrees: f64, axis: FovAxis) -> Result<Self, DeclarationError> {
        let named = clean_name(device).ok_or(DeclarationError::NoDevice)?;
        if !is_angle(degrees) {
            return Err(DeclarationError::NoAngle { device: named, degrees });
        }
        Ok(Self { device: device.trim().to_owned(), degrees, axis })
    }

    pub(crate) fn fits(&self, id: &str, name: &str, usb_id: Option<&str>) -> bool {
        self.device == id
            || self.device == name
            || usb_id.is_some_and(|usb| self.device.eq_ignore_ascii_case(usb))
    }

    pub(crate) fn field_of_view(&self) -> FieldOfView {
        FieldOfView { degrees: self.degrees, axis: self.axis, source: "configuration".to_owned() }
    }
}

/// Why a declaration is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DeclarationError {
    /// No camera is named.
    #[error(
        "a field of view is declared for no camera; name one by its USB id, name or id, \
         as `siaga-agent devices` prints them"
    )]
    NoDevice,
    /// Not an angle.
    #[error("the field of view of “{device}” is {degrees} degrees; write a number above 0 and below 360")]
    NoAngle {
        /// As declared.
        device: String,
        /// As declared.
        degrees: f64,
    },
}

/// Fields of view by model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    rows: Vec<Row>,
}

impl Catalogue {
    /// The models known when this version was made (`data/fov.toml`).
    pub fn built_in() -> Self {
        Self::parse(include_str!("../data/fov.toml")).expect("the shipped catalogue is read by a test")
    }

    /// Reads a catalogue in the format of the built-in one.
    ///
    /// # Errors
    /// [`CatalogueError`] for anything that is not a row, names no model, or names one twice.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: File = toml::from_str(text).map_err(|error| CatalogueError::Syntax(error.to_string()))?;
        let mut rows: Vec<Row> = Vec::new();
        for mut row in file.camera {
            let id =
                row.usb_id.split_once(':').and_then(|(v, p)| Some(format!("{}:{}", hex_id(v)?, hex_id(p)?)));
            row.usb_id = id.ok_or_else(|| CatalogueError::UsbId(row.usb_id.clone()))?;
            if !is_angle(row.degrees) {
                return Err(CatalogueError::Angle { usb_id: row.usb_id, degrees: row.degrees });
            }
            if rows.iter().any(|other| other.usb_id == row.usb_id) {
                return Err(CatalogueError::Twice(row.usb_id));
            }
            rows.push(row);
        }
        Ok(Self { rows })
    }

    /// What is known of a model, by its USB id in lower case.
    pub fn field_of_view(&self, usb_id: &str) -> Option<FieldOfView> {
        let row = self.rows.iter().find(|row| row.usb_id == usb_id)?;
        Some(FieldOfView { degrees: row.degrees, axis: row.axis, source: "catalogue".to_owned() })
    }
}

/// Why a catalogue is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, or not these fields.
    #[error("the catalogue of fields of view cannot be read: {0}")]
    Syntax(String),
    /// Not a USB id.
    #[error(
        "“{0}” in the catalogue of fields of view is not a USB id; write it as vvvv:pppp, e.g. 046d:0825"
    )]
    UsbId(String),
    /// Not an angle.
    #[error(
        "the field of view of {usb_id} in the catalogue is {degrees} degrees; write a number above 0 and below 360"
    )]
    Angle {
        /// The model.
        usb_id: String,
        /// As written.
        degrees: f64,
    },
    /// Two rows for one model.
    #[error("{0} is twice in the catalogue of fields of view; keep one row")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    camera: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    usb_id: String,
    degrees: f64,
    axis: FovAxis,
    /// For the reader of the file.
    #[serde(rename = "model")]
    _model: String,
    /// For the reader of the file.
    #[serde(rename = "source")]
    _source: String,
}

fn is_angle(degrees: f64) -> bool {
    degrees > 0.0 && degrees < 360.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_knows_the_c920_and_no_switchable_camera() {
        let catalogue = Catalogue::built_in();
        let c920 = catalogue.field_of_view("046d:082d").unwrap();
        assert_eq!((c920.degrees, c920.axis, c920.source.as_str()), (78.0, FovAxis::Diagonal, "catalogue"));
        for switchable in ["046d:085e", "413c:c015", "291a:3367"] {
            assert_eq!(catalogue.field_of_view(switchable), None);
        }
    }

    #[test]
    fn each_mistake_in_a_catalogue_is_named() {
        let parse = |id: &str, degrees: &str| {
            let row = format!(
                "[[camera]]\nusb_id='{id}'\nmodel='m'\ndegrees={degrees}\naxis='diagonal'\nsource='s'\n"
            );
            Catalogue::parse(&row)
        };
        assert_eq!(parse("c920", "78.0"), Err(CatalogueError::UsbId("c920".to_owned())));
        for degrees in ["0.0", "-1.0", "360.0", "nan", "inf"] {
            assert!(matches!(parse("046d:0825", degrees), Err(CatalogueError::Angle { .. })), "{degrees}");
        }
        let twice = format!(
            "{0}{0}",
            "[[camera]]\nusb_id='046d:0825'\nmodel='m'\ndegrees=5.0\naxis='vertical'\nsource='s'\n"
        );
        assert_eq!(Catalogue::parse(&twice), Err(CatalogueError::Twice("046d:0825".to_owned())));
        assert!(matches!(Catalogue::parse("[[kamera]]"), Err(CatalogueError::Syntax(_))));
    }

    #[test]
    fn a_declaration_needs_a_camera_and_an_angle() {
        assert_eq!(DeclaredFov::new(" ", 90.0, FovAxis::Diagonal), Err(DeclarationError::NoDevice));
        let error = DeclaredFov::new("C930e", 0.0, FovAxis::Diagonal).unwrap_err().to_string();
        assert_eq!(error, "the field of view of “C930e” is 0 degrees; write a number above 0 and below 360");
    }
}
