//! TLS: carries bytes, and vouches for none of them.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// What TLS needs, from this machine: a processor that the provider is made for, and the authorities that the machine trusts.
///
/// # Errors
/// Why there is no TLS here, and what else to do.
pub(crate) fn of_this_machine() -> Result<TlsConfig, String> {
    let of_roots = config()?;
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map(ToString::to_string);
        return Err(format!(
            "no certificate of an authority was found on this machine ({}): install them (such as the package ca-certificates), or name a file of them with SSL_CERT_FILE",
            why.unwrap_or_else(|| "none is there".to_owned())
        ));
    }
    let roots: Vec<Certificate<'static>> = found
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    Ok(of_roots(RootCerts::Specific(Arc::new(roots))))
}

/// The provider would panic on a processor that lacks something.
#[cfg(target_arch = "x86_64")]
fn has_what_the_provider_uses() -> bool {
    is_x86_feature_detected!("adx")
        && is_x86_feature_detected!("aes")
        && is_x86_feature_detected!("avx")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("pclmulqdq")
}

/// The provider would panic on a processor that lacks something.
#[cfg(target_arch = "aarch64")]
fn has_what_the_provider_uses() -> bool {
    use std::arch::is_aarch64_feature_detected;
    is_aarch64_feature_detected!("aes")
        && is_aarch64_feature_detected!("neon")
        && is_aarch64_feature_detected!("pmull")
        && is_aarch64_feature_detected!("sha2")
}

/// A configuration for the roots that are to be trusted.
type OfRoots = fn(RootCerts) -> TlsConfig;

const NO_PROVIDER: &str = "https needs instructions that this processor does not have (on x86-64: adx, aes, avx2, bmi1, pclmulqdq): mirror the repository with \
    another tool and name the folder, or use http, where others see what is asked for and can withhold it, and can change nothing unnoticed";

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn config() -> Result<OfRoots, String> {
    if !has_what_the_provider_uses() {
        return Err(NO_PROVIDER.to_owned());
    }
    Ok(|roots| {
        TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls_graviola::default_provider()))
            .root_certs(roots)
            .build()
    })
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn config() -> Result<OfRoots, String> {
    Err(NO_PROVIDER.to_owned())
}
