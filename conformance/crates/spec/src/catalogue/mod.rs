//! The catalogue: the requirements, with the modes, profiles and tasks that they belong to.

pub mod hints;
mod mode;
mod nearest;
mod profile;
mod requirements;
mod route;
mod subject;
pub mod task;

pub use mode::{Mode, UnknownMode};
pub use nearest::nearest;
pub use profile::Profile;
pub use requirements::{Catalogue, CatalogueError, MODE_SELECTED, Need, Requirement, Weight};
pub use route::Route;
pub use subject::Subject;
