//! The catalogue: the requirements, with the modes, profiles and tasks that they belong to.

pub mod hints;
mod mode;
mod profile;
mod requirements;
pub mod task;

pub use mode::{Mode, UnknownMode};
pub use profile::Profile;
pub use requirements::{Catalogue, CatalogueError, MODE_SELECTED, Need, Requirement, Weight, nearest};
