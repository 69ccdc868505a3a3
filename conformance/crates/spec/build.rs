//! Rebuilds the crate when a scenario, an accepted transcript or the catalogue changes: they are built in.

fn main() {
    println!("cargo::rerun-if-changed=../../../scenarios");
}
