//! Certificates for rooms, by the CA of a lab: enrolling thousands would measure the enrolment.

use std::{fs, io, path::Path};

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Signs as the server in a directory does.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

/// A room and what it shows.
pub struct RoomIdentity {
    /// Its identifier.
    pub room: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    pem: (String, String),
}

impl Authority {
    /// The CA in a server's directory.
    ///
    /// # Errors
    /// There is none.
    pub fn load(dir: &Path) -> io::Result<Self> {
        let key = KeyPair::from_pem(&fs::read_to_string(dir.join("ca.key"))?).map_err(io::Error::other)?;
        let issuer = Issuer::from_ca_cert_pem(&fs::read_to_string(dir.join("ca.pem"))?, key);
        Ok(Self { issuer: issuer.map_err(io::Error::other)? })
    }

    /// A certificate for the server under this address, and its key, both in PEM.
    ///
    /// # Errors
    /// The name can't stand in one.
    pub fn sign_server(&self, name: &str) -> io::Result<(String, String)> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new([name.to_owned()]).map_err(io::Error::other)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    /// A certificate for a room of this name.
    ///
    /// # Errors
    /// The name can't stand in one.
    pub fn sign(&self, room: &str) -> io::Result<RoomIdentity> {
        let other = io::Error::other::<rcgen::Error>;
        let key = KeyPair::generate().map_err(other)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, room);
        let uri = format!("siaga://room/{room}").try_into().map_err(other)?;
        params.subject_alt_names = vec![SanType::URI(uri)];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(other)?;
        Ok(RoomIdentity {
            room: room.to_owned(),
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
            pem: (certificate.pem(), key.serialize_pem()),
        })
    }
}

impl RoomIdentity {
    /// As rustls takes it.
    #[must_use]
    pub fn for_tls(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivatePkcs8KeyDer::from(self.key.clone());
        (vec![self.certificate.clone()], PrivateKeyDer::Pkcs8(key))
    }

    /// As `siaga-agent` takes it: `cert.pem` and `key.pem` in `dir`, which is made.
    ///
    /// # Errors
    /// They can't be written.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("cert.pem"), &self.pem.0)?;
        fs::write(dir.join("key.pem"), &self.pem.1)
    }
}
