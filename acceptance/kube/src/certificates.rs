//! A cluster's certificate authority and what it signs. Knows nothing of files or processes.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

/// Signs the server and client certificates of one cluster (ECDSA P-256).
pub struct CertificateAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its private key (PKCS #8), both PEM. The authority signs leaves directly, so the chain is the leaf alone.
#[derive(Debug, Clone)]
pub struct IssuedCertificate {
    /// The certificate chain, leaf first.
    pub chain_pem: String,
    /// The private key.
    pub key_pem: String,
}

impl std::fmt::Debug for CertificateAuthority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CertificateAuthority")
    }
}

impl CertificateAuthority {
    /// A new authority with the common name `name`.
    ///
    /// # Errors
    /// When the name cannot be encoded.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        Ok(Self { issuer: CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)? })
    }

    /// The authority's own certificate, PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The authority's private key, PEM: the controller-manager signs certificate requests with it.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A server certificate for DNS names and IP addresses.
    ///
    /// # Errors
    /// When a name is neither.
    pub fn issue_server(&self, names: &[&str]) -> anyhow::Result<IssuedCertificate> {
        let mut parameters = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("server"));
        self.issue(parameters, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A client certificate; Kubernetes reads the common name as user and the organization as group.
    ///
    /// # Errors
    /// When a name cannot be encoded.
    pub fn issue_client(&self, common_name: &str, organization: Option<&str>) -> anyhow::Result<IssuedCertificate> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, common_name);
        if let Some(organization) = organization {
            parameters.distinguished_name.push(DnType::OrganizationName, organization);
        }
        self.issue(parameters, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        mut parameters: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> anyhow::Result<IssuedCertificate> {
        parameters.extended_key_usages = vec![usage];
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        Ok(IssuedCertificate { chain_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }
}
