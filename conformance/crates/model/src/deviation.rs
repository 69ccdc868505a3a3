//! The deviation: an answer that breaks a requirement, as the oracle reports it.

/// An answer that no correct server gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The requirements that the answer may break, the likeliest first; at least one.
    pub requirements: Vec<&'static str>,
    /// The text of the answer that a correct server gives.
    pub expected: String,
    /// The text of the answer that the server gave.
    pub actual: String,
}
