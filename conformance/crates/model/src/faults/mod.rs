//! Faults: mistakes that a server could make. They prove that the suite can fail.
//!
//! A [`Fault`] is one named mistake, and [`FaultyModel`] is the model with one of them. Every requirement has at
//! least one fault that its own checks must find. The private modules are the tables of faults, by subject.

mod api;
mod basic;
mod database;
mod expiry;
mod fault;
mod faulty_model;
mod gate;
mod login;
mod logout;
mod malformed;
mod programs;
mod security;
mod sessions;
mod spelling;
mod users;

pub use fault::{AfterRequest, AfterRestart, BeforeRequest, Fault, Memory};
pub use faulty_model::FaultyModel;

/// Iterates over all faults, roughly in the order of the catalogue's requirements.
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
