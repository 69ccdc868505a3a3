//! Faults: wrong servers, one mistake each, that prove the suite can fail.
//!
//! A [`Fault`] is a named deviation of the model; [`Deviant`] is the model with one. Every requirement has at
//! least one fault that its own checks must find.

mod api;
mod basic;
mod database;
mod deviant;
mod expiry;
mod fault;
mod gate;
mod login;
mod logout;
mod malformed;
mod programs;
mod security;
mod sessions;
mod spelling;
mod users;

pub use deviant::Deviant;
pub use fault::{After, Before, Fault, Memory, Restart};

/// Lists every fault, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    let tables: [&'static [Fault]; 13] = [
        api::FAULTS,
        users::FAULTS,
        gate::FAULTS,
        basic::FAULTS,
        login::FAULTS,
        sessions::FAULTS,
        logout::FAULTS,
        expiry::FAULTS,
        database::FAULTS,
        programs::FAULTS,
        security::FAULTS,
        spelling::FAULTS,
        malformed::FAULTS,
    ];
    tables.into_iter().flatten()
}
