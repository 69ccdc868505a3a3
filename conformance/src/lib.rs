//! The conformance suite of the session-authentication API: it says, requirement by requirement, what holds
//! for any implementation.
//!
//! # The map
//!
//! - [`requirements`] is the catalogue, [`scenario`] the text of the scenarios, [`transcript`] the accepted
//!   answers; [`suite`] reads all three, [`coverage`] says what they check, [`coverage_page`] shows it.
//! - [`target`] is the implementation under test, whatever kind it is; [`clock`] makes its time pass;
//!   [`seed`] gets first users in; [`stage`] is one running instance of it.
//! - [`play`] replays a scenario on a stage, to a [`run`]: [`client`] sends, [`exchange`] is what was sent and received,
//!   [`canon`] (with [`names`], [`varying`], [`emails`], [`json`]) its canonical text.
//! - [`judge`] compares that text with the accepted transcript, [`cause`] says what would explain a difference,
//!   [`settle`] what does; the findings add up to [`verdict`]s.
//! - [`check`] does all of that for every mode; [`event`] tells of its progress, [`cost`] adds up what it waits
//!   for; [`report`] shows the result,
//!   [`files`] puts it where it was asked to go.
//! - [`grade`] does it for many implementations in one run.
//! - [`explain`] tells about one requirement, with the [`hints`] on what usually goes wrong.
//!   [`known`] failures do not count; [`compare`] puts two reports side by side; [`doctor`] says what this machine can check.
//! - [`model`] is the catalogue as a pure state machine, and as a server; [`faults`] are wrong servers, one mistake
//!   each, by which the suite is judged itself; the [`diagnosis`] says which of them an implementation behaves like.
//!   [`fuzz`] draws walks that the model judges.
//! - [`redis`] is the protocol of Redis and the documents' clients of it, for the scenarios of that part.
//! - [`concurrency`] finds answers to requests at once that no order of the requests explains.
//! - [`cli`] is the command line, [`console`] what it prints on and is interrupted by, [`style`] how that looks, [`exit`] how it ends; [`detect`] finds out what runs at a URL.
//!
//! # The path of one step
//!
//! file → `scenario` → captured values filled in → `clock` or `target` acts, or `client` sends → `exchange` →
//! `canon` → `judge`, beside the accepted transcript → `verdict` → `report`.
//!
//! # The words
//!
//! A *requirement* is a row of the catalogue; a *mode* a value of AUTH_TYPE; a *scenario* a file of *steps*,
//! each of which carries out an *action*; an *exchange* a request with its answer; a *transcript* the
//! canonical text of a run; a *target* an implementation under test; *seeding* how first users get in; a
//! *verdict* what is known of one requirement in one mode.
//!
//! Dependencies run one way: `scenario` knows no HTTP, `report` no target, and only `target::reference`
//! knows the reference server.

pub mod canon;
pub mod cause;
pub mod check;
pub mod cli;
pub mod client;
pub mod clock;
pub mod compare;
pub mod concurrency;
pub mod console;
pub mod cost;
pub mod coverage;
pub mod coverage_page;
pub mod detect;
pub mod diagnosis;
pub mod doctor;
pub mod emails;
pub mod event;
pub mod exchange;
pub mod exit;
pub mod explain;
pub mod faults;
pub mod files;
pub mod fuzz;
pub mod grade;
pub mod hints;
pub mod json;
pub mod judge;
pub mod known;
pub mod mode;
pub mod model;
pub mod names;
pub mod play;
pub mod profile;
pub mod redis;
pub mod report;
pub mod requirements;
pub mod run;
pub mod scenario;
pub mod seed;
pub mod settle;
pub mod stage;
pub mod style;
pub mod suite;
pub mod target;
pub mod task;
pub mod transcript;
pub mod varying;
pub mod verdict;
